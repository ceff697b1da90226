/** docs/chaos.md: what ./run chaos has measured last of each fault, each with its day. */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { repository } from '../e2e/support/plenum.js';
import type { Fault, Figure } from './fault.js';
import { faults } from './faults/faults.js';
import type { Outcome } from './run.js';

const file = join(repository, 'docs', 'chaos.md');
const columns = [
  ...['Fault', 'Figure', 'Repeats', 'p50', 'p95', 'max', 'Bar', ''],
  ...['Day', 's each'],
] as const;

/** The smallest value that a share of all is not above. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Samples of all repeats whose times count, and whether they keep the bars. */
export function judged(figures: readonly Figure[]) {
  const samples = figures.flatMap((figure) => figure.samples);
  const [first] = figures as [Figure];
  const sign = first.isLeast ? -1 : 1;
  const signed = samples.map((sample) => sign * sample);
  const at = (share: number) => sign * quantile(signed, share);
  const found = { p50: at(0.5), p95: at(0.95), max: at(1) };
  // Of no samples all are NaN, which keeps no bar.
  const keeps = (Object.keys(first.bars) as (keyof typeof found)[]).every((name) => {
    const bar = first.bars[name] ?? 0;
    return first.isLeast ? found[name] >= bar : found[name] <= bar;
  });
  return { ...found, keeps, unit: first.unit, bars: first.bars, isLeast: first.isLeast ?? false };
}

/** As which a fault is known, there and here. */
const nameOf = ({ id, layout }: Pick<Fault, 'id' | 'layout'>) => `${id} (${layout})`;

/** The lines of each fault, by its name: the one with its name and those of its figures. */
export function linesOf(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let lines: string[] | undefined;
  for (const row of text.split('\n')) {
    const name = /^\| (\w+ \(\w\)): /.exec(row)?.[1];
    if (name !== undefined) {
      lines = [];
      found.set(name, lines);
    }
    if (row.startsWith('| ')) lines?.push(row);
    else lines = undefined;
  }
  return found;
}

/** Of a repeat, as it was measured last, s; undefined: never. */
export function secondsOf(fault: Fault, text = readFileSync(file, 'utf8')): number | undefined {
  const [first] = linesOf(text).get(nameOf(fault)) ?? [];
  const cells = first?.split('|').map((cell) => cell.trim());
  const seconds = Number(cells?.[columns.length]);
  return cells === undefined || !(seconds > 0) ? undefined : seconds;
}

export function writeTable(outcomes: readonly Outcome[]): void {
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync(file, tableWith(outcomes, { before: readFileSync(file, 'utf8'), day }));
}

/** Faults that were measured get new lines; those of others stay as they are. */
export function tableWith(
  outcomes: readonly Outcome[],
  { before: text, day }: { before: string; day: string },
): string {
  const before = linesOf(text);
  const rows = faults.flatMap((fault) => {
    const { id, layout, title } = fault;
    const mine = outcomes.filter((one) => one.id === id && one.layout === layout);
    if (mine.length === 0) return before.get(nameOf(fault)) ?? [];
    return rowsOf(`${nameOf(fault)}: ${title}`, mine, day).map(line);
  });
  const [processor] = cpus();
  return `# Faults

Written by \`./run chaos\`: the faults of the rig (test/chaos) with the loads of one machine of two cores, and their
bars. People are native: real ICE, DTLS and SRTP; nodes, control and stores are processes of their own. A repeat in
which the generator was late (p99 above 5 ms; for recordings 80 ms) or busy (above 80 % of a core) is void: its outcomes count, its times do
not. A run of some faults (\`--only F1,F3\`) replaces their lines and leaves the others, so each has its day. The last
machine: ${cpus().length} × ${processor?.model.trim()}.

${line(columns)}
${line(columns.map(() => '---'))}
${rows.join('\n')}
`;
}

/** What is known of each figure of one fault: also of one that only void repeats have measured. */
function judgements(outcomes: readonly Outcome[]) {
  const valid = outcomes.filter((one) => one.void === null && one.failures.length === 0);
  const all = outcomes.flatMap(({ figures }) => figures);
  return [...new Map(all.map((figure) => [figure.name, figure])).values()].map((figure) => {
    const figures = valid.flatMap((one) => one.figures.filter(({ name }) => name === figure.name));
    const isMeasured = figures.some(({ samples }) => samples.length > 0);
    const judgement = judged(figures.length > 0 ? figures : [{ ...figure, samples: [] }]);
    return { name: figure.name, isMeasured, count: valid.length, ...judgement };
  });
}

/** In words, the bars that were not kept; also those of which nobody can say whether they were. */
export function missedBars(outcomes: readonly Outcome[]): string[] {
  const names = [...new Set(outcomes.map(nameOf))];
  return names.flatMap((fault) =>
    judgements(outcomes.filter((one) => nameOf(one) === fault))
      .filter(({ keeps }) => !keeps)
      .map(
        ({ name, isMeasured }) => `${fault}, ${name}: ${isMeasured ? 'missed' : 'not measured'}`,
      ),
  );
}

function rowsOf(title: string, outcomes: readonly Outcome[], day: string): string[][] {
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  const held = failed === 0 ? 'holds' : `**${failed} failed**`;
  const rows = judgements(outcomes).map((judgement) => {
    const { name, count, isMeasured, p50, p95, max, keeps, unit, bars, isLeast } = judgement;
    const repeats = `${count} of ${outcomes.length}`;
    const told = [p50, p95, max].map((value) => (isMeasured ? written(value, unit) : ''));
    const bar = Object.entries(bars).map(([of, value]) => `${of} ${isLeast ? '≥' : '≤'} ${value}`);
    const verdict = keeps ? '' : isMeasured ? '**missed**' : '**not measured**';
    return ['', `${name}, ${unit}`, repeats, ...told, bar.join(', '), verdict, '', ''];
  });
  const all = outcomes.reduce((sum, { seconds }) => sum + seconds, 0);
  const each = (all / outcomes.length).toFixed(0);
  const first = [title, 'outcomes', `${outcomes.length}`, '', '', '', 'all hold', held, day, each];
  return [first, ...rows];
}

function written(value: number, unit: Figure['unit']): string {
  return unit === 'ratio' ? value.toFixed(3) : value.toFixed(0);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
