/** What a run prints and keeps: `plenum-bench/1` with a part for each row, and the table of docs/recording.md. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { type Bar, isKept, missedBars, type Row, type RowName } from './row.js';

interface KeptRow extends Row {
  date: string;
  commit: string;
}

interface Document {
  schema: 'plenum-bench/1';
  bench: 'recorder';
  date: string;
  commit: string;
  cpu_model: string;
  machine: object;
  rows: Partial<Record<RowName, KeptRow>>;
}

const heading = '## Measured';

export function printRow(row: Row): void {
  console.log(`${row.row} ${JSON.stringify(row.work)}`);
  for (const [name, value] of Object.entries(row.figures)) {
    const bars = row.bars.filter(({ figure }) => figure === name).map((bar) => said(bar, value));
    console.log(`  ${name.padEnd(34)} ${value.toPrecision(4)} ${bars.join(' ')}`);
  }
  for (const why of row.void) console.log(`  void: ${why}`);
}

const bound = ({ most, least }: Bar) =>
  most === undefined ? `at least ${least}` : `at most ${most}`;

function said(bar: Bar, value: number): string {
  return `(${bound(bar)}${isKept(bar, value) ? '' : ': missed'})`;
}

/** Rows of other runs that are in the file stay, with their day. */
export function keepRows(file: string, rows: readonly Row[]): void {
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  const date = new Date().toISOString();
  const earlier = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Document).rows : {};
  const kept = { ...earlier };
  for (const row of rows) kept[row.row] = { ...row, date, commit };
  const machine = {
    ...{ cores: cpus().length, memory_bytes: totalmem() },
    ...{ kernel: release(), node: process.version },
  };
  const document: Document = {
    ...{ schema: 'plenum-bench/1', bench: 'recorder', date, commit },
    ...{ cpu_model: cpus()[0]?.model ?? 'unknown', machine, rows: kept },
  };
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
}

/** Replaces the section of docs/recording.md, or adds it. */
export function writeTable(docs: string, file: string): void {
  const { rows, cpu_model, machine } = JSON.parse(readFileSync(file, 'utf8')) as Document;
  const lines = Object.values(rows).flatMap((row) =>
    row.bars.map((bar) => tableLine(row, bar, row.figures[bar.figure])),
  );
  const { cores } = machine as { cores: number };
  const section = [
    ...[heading, ''],
    `\`./run bench recorder\` ([benchmarking.md](benchmarking.md#the-recorder)) on ${cores} cores of an ${cpu_model}; bars of reliability.md §9.`,
    ...['', '| Row | Figure | Bar | Measured | Of | When |', '|---|---|---|---|---|---|'],
    ...lines,
    '',
  ].join('\n');
  const text = readFileSync(docs, 'utf8');
  const from = text.indexOf(`${heading}\n`);
  const before = from < 0 ? `${text.trimEnd()}\n\n` : text.slice(0, from);
  const next = from < 0 ? -1 : text.indexOf('\n## ', from + 1);
  writeFileSync(docs, `${before}${section}${next < 0 ? '' : text.slice(next)}`);
}

function tableLine(row: KeptRow, bar: Bar, value = Number.NaN): string {
  const verdict = row.void.length > 0 ? ' (void)' : isKept(bar, value) ? '' : ' **missed**';
  const work = Object.entries(row.work).map(([name, of]) => `${name} ${of}`);
  const cells = [
    ...[row.row, `\`${bar.figure}\``, bound(bar), `${Number(value.toPrecision(3))}${verdict}`],
    ...[work.join(', '), row.date.slice(0, 10)],
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The last line: what was missed, or that nothing was. */
export function headline(rows: readonly Row[]): string {
  const missed = rows.flatMap((row) => missedBars(row).map(({ figure }) => `${row.row} ${figure}`));
  const voids = rows.filter(({ void: why }) => why.length > 0).map(({ row }) => row);
  if (missed.length > 0) return `recorder: missed: ${missed.join(', ')}`;
  if (voids.length > 0) return `recorder: void: ${voids.join(', ')}`;
  const bars = rows.reduce((sum, row) => sum + row.bars.length, 0);
  return `recorder: all of ${bars} bars kept`;
}
