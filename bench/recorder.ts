/**
 * The bars of the recorder: ./run bench recorder [--only ROW,…] [--seconds N] [--people N] [--json FILE] [--docs FILE]
 * Control, node and recorder are processes of their own; people are plenum-crowd's, with real media; what was written is decoded by
 * ffmpeg. Ends with 1 when a bar is missed, or a run was void.
 */
import { parseArgs } from 'node:util';
import { headline, keepRows, printRow, writeTable } from './recorder/report.js';
import { missedBars, type Row, type RowName, type RowOptions, rowNames } from './recorder/row.js';
import { measureComposed } from './recorder/rows/composed.js';
import { measureDrift } from './recorder/rows/drift.js';
import { measureLoad } from './recorder/rows/load.js';
import { measureSignals } from './recorder/rows/signals.js';
import { measureTruth } from './recorder/rows/truth.js';

interface Measuring {
  rows: readonly RowName[];
  measure: (options: RowOptions) => Promise<Row[]>;
}

/** Rows of one run each. */
const measurings: readonly Measuring[] = [
  { rows: ['av-offset', 'alignment'], measure: measureSignals },
  { rows: ['drift'], measure: measureDrift },
  { rows: ['cpu', 'memory', 'concurrency'], measure: measureLoad },
  { rows: ['composite', 'ready'], measure: measureComposed },
  { rows: ['truth'], measure: measureTruth },
];

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string' },
    people: { type: 'string' },
    json: { type: 'string' },
    docs: { type: 'string' },
    help: { type: 'boolean' },
  },
});

const help = `./run bench recorder [--only ROW,…] [--seconds N] [--people N] [--json FILE] [--docs FILE]
rows: ${rowNames.join(', ')} (docs/benchmarking.md)
ready: the store is a folder on the recorder's disk: storing a file is a hard link, no upload is in it
alignment: signals come once a second, and are told apart by whole seconds no more: it is modulo 1 s
`;
if (values.help) {
  console.log(help);
  process.exit();
}

function readOptions(): RowOptions {
  const only = values.only?.split(',') ?? rowNames;
  for (const name of only) {
    if (!(rowNames as readonly string[]).includes(name))
      throw new Error(`rows: ${rowNames.join()}`);
  }
  const number = (name: 'seconds' | 'people', from: number) => {
    const text = values[name];
    if (text === undefined) return null;
    const value = Number(text);
    if (Number.isInteger(value) && value >= from) return value;
    throw new Error(`--${name} needs a number from ${from} on`);
  };
  return {
    only: new Set(only as RowName[]),
    seconds: number('seconds', 5),
    people: number('people', 1),
  };
}

const options = readOptions();
if (values.docs !== undefined && values.json === undefined) throw new Error('--docs needs --json');
const measured: Row[] = [];
for (const { rows, measure } of measurings) {
  if (!rows.some((row) => options.only.has(row))) continue;
  const all = await measure(options);
  for (const row of all.filter((one) => options.only.has(one.row))) {
    printRow(row);
    measured.push(row);
  }
}
if (values.json !== undefined) keepRows(values.json, measured);
if (values.docs !== undefined && values.json !== undefined) writeTable(values.docs, values.json);
const isFailed = measured.some((row) => missedBars(row).length > 0 || row.void.length > 0);
if (isFailed) process.exitCode = 1;
console.log(headline(measured));
