/** The rows of ./run bench control, in their order. */
import { answersRow } from './answers.js';
import { joinRow } from './joins.js';
import { loginRow } from './logins.js';
import { createRow } from './meetings.js';
import { readRow, routesRow } from './routes.js';
import type { Row } from './rows.js';
import { fanOutRow, socketsRow } from './sockets.js';

export const rows: readonly Row[] = [
  routesRow,
  readRow,
  createRow,
  joinRow,
  loginRow,
  socketsRow,
  fanOutRow,
  answersRow,
];

/** @throws Error that names those there are. */
export function rowNamed(name: string): Row {
  const row = rows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`--rows: ${rows.map((one) => one.name).join(',')}`);
  return row;
}
