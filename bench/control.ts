/**
 * What control can take, beside its bars: requests, meetings, join tokens, logins, sockets, fan-out, and
 * that refusals are alike. ./run bench control [--rows join,create] [--json FILE]
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rows as all, rowNamed } from './control/all-rows.js';
import type { Bar, Figures, Row } from './control/rows.js';
import { reportResult } from './results.js';

function wanted(): readonly Row[] {
  const at = process.argv.indexOf('--rows');
  return at < 0 ? all : (process.argv[at + 1] ?? '').split(',').map(rowNamed);
}

function isMet({ figure, is, bar }: Bar, figures: Figures): boolean {
  const value = figures[figure] as number;
  return is === 'at least' ? value >= bar : value <= bar;
}

/**
 * By a server and a generator of its own: joins that came from one which had made meetings before waited
 * three times as long (p99 101 and 30 ms), as it took more of the core that Postgres runs on.
 */
async function measure({ name }: Row): Promise<Figures> {
  const child = fork(new URL('./control/measure-row.js', import.meta.url), [name]);
  let figures: Figures | null = null;
  child.once('message', (message) => {
    figures = message as Figures;
  });
  const [code] = await once(child, 'exit');
  if (code === 0 && figures !== null) return figures;
  throw new Error(`the row ${name} was not measured`);
}

const rows = wanted();
const figures: Figures = {};
for (const row of rows) Object.assign(figures, await measure(row));
const bars = rows.flatMap((row) => row.bars);
const missed = bars.filter((bar) => !isMet(bar, figures));
const work = Object.fromEntries(bars.map(({ figure, is, bar }) => [figure, `${is} ${bar}`]));
const told = missed.map(({ figure, is, bar }) => `${figure} is not ${is} ${bar}`);
reportResult(
  { bench: 'control', work, figures },
  [`control: ${bars.length - missed.length} of ${bars.length} bars`, ...told].join('\n  '),
);
