/**
 * What control can take, beside its bars: requests, meetings, join tokens, logins, sockets, fan-out, and
 * that refusals are alike. ./run bench control [--rows join,create] [--json FILE]
 */

import { answersRow } from './control/answers.js';
import { joinRow } from './control/joins.js';
import { loginRow } from './control/logins.js';
import { createRow } from './control/meetings.js';
import { startProduct } from './control/product.js';
import { readRow, routesRow } from './control/routes.js';
import type { Bar, Figures, Row } from './control/rows.js';
import { fanOutRow, socketsRow } from './control/sockets.js';
import { reportResult } from './results.js';

const all: readonly Row[] = [
  routesRow,
  readRow,
  createRow,
  joinRow,
  loginRow,
  socketsRow,
  fanOutRow,
  answersRow,
];

function wanted(): readonly Row[] {
  const at = process.argv.indexOf('--rows');
  if (at < 0) return all;
  const names = (process.argv[at + 1] ?? '').split(',');
  return names.map((name) => {
    const row = all.find((one) => one.name === name);
    if (row === undefined) throw new Error(`--rows: ${all.map((one) => one.name).join(',')}`);
    return row;
  });
}

function isMet({ figure, is, bar }: Bar, figures: Figures): boolean {
  const value = figures[figure] as number;
  return is === 'at least' ? value >= bar : value <= bar;
}

const rows = wanted();
const figures: Figures = {};
for (const row of rows) {
  const product = await startProduct();
  try {
    Object.assign(figures, await row.measure(product));
  } finally {
    await product.stop();
  }
}
const bars = rows.flatMap((row) => row.bars);
const missed = bars.filter((bar) => !isMet(bar, figures));
const work = Object.fromEntries(bars.map(({ figure, is, bar }) => [figure, `${is} ${bar}`]));
const told = missed.map(({ figure, is, bar }) => `${figure} is not ${is} ${bar}`);
reportResult(
  { bench: 'control', work, figures },
  [`control: ${bars.length - missed.length} of ${bars.length} bars`, ...told].join('\n  '),
);
