/** docs/chaos.md: what ./run chaos has measured last. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { repository } from '../e2e/support/plenum.js';
import type { Figure } from './fault.js';
import { faults } from './faults/faults.js';
import type { Outcome } from './run.js';

const columns = ['Fault', 'Figure', 'Repeats', 'p50', 'p95', 'max', 'Bar', ''] as const;

/** The smallest value that a share of all is not above. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Samples of all repeats whose times count, and whether they keep the bars. */
export function judged(figures: readonly Figure[]) {
  const samples = figures.flatMap((figure) => figure.samples);
  const [first] = figures as [Figure];
  const found = {
    p50: quantile(samples, 0.5),
    p95: quantile(samples, 0.95),
    max: Math.max(...samples),
  };
  const keeps = (Object.keys(first.bars) as (keyof typeof found)[]).every((name) => {
    const bar = first.bars[name] ?? 0;
    return first.isLeast ? found[name] >= bar : found[name] <= bar;
  });
  return { ...found, keeps, unit: first.unit, bars: first.bars, isLeast: first.isLeast ?? false };
}

export function writeTable(outcomes: readonly Outcome[]): void {
  const rows = faults.flatMap(({ id, layout, title }) => {
    const mine = outcomes.filter((one) => one.id === id && one.layout === layout);
    return mine.length === 0 ? [] : rowsOf(`${id} (${layout}): ${title}`, mine);
  });
  const [processor] = cpus();
  const text = `# Faults

Written by \`./run chaos\`: the faults of the rig (test/chaos) with the loads of one machine of two cores, and their
bars. People are native: real ICE, DTLS and SRTP; nodes, control and stores are processes of their own. A repeat in
which the generator was late (p99 above 5 ms) or busy (above 80 % of a core) is void: its outcomes count, its times do
not. ${cpus().length} × ${processor?.model.trim()}; ${new Date().toISOString().slice(0, 10)}.

${line(columns)}
${line(columns.map(() => '---'))}
${rows.map(line).join('\n')}
`;
  writeFileSync(join(repository, 'docs', 'chaos.md'), text);
}

function rowsOf(title: string, outcomes: readonly Outcome[]): string[][] {
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  const valid = outcomes.filter((one) => one.void === null && one.failures.length === 0);
  const repeats = `${valid.length} of ${outcomes.length}`;
  const held = failed === 0 ? 'holds' : `**${failed} failed**`;
  const names = [...new Set(valid.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const rows = names.map((name) => {
    const figures = valid.flatMap((one) => one.figures.filter((figure) => figure.name === name));
    const { p50, p95, max, keeps, unit, bars, isLeast } = judged(figures);
    const told = [p50, p95, max].map((value) => written(value, unit));
    const bar = Object.entries(bars).map(([of, value]) => `${of} ${isLeast ? '≥' : '≤'} ${value}`);
    return ['', `${name}, ${unit}`, repeats, ...told, bar.join(', '), keeps ? '' : '**missed**'];
  });
  return [[title, 'outcomes', `${outcomes.length}`, '', '', '', 'all hold', held], ...rows];
}

function written(value: number, unit: Figure['unit']): string {
  return unit === 'ratio' ? value.toFixed(3) : value.toFixed(0);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
