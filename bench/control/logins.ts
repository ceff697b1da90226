/** Logins, and whether people still get into meetings while others log in. */
import { type LoadOptions, load } from './http-load.js';
import { joinRequest, open } from './joins.js';
import { type Account, makeAccount, makeMeeting } from './meetings.js';
import type { Product } from './product.js';
import { type Figures, measureLoad, type Row, timesOf } from './rows.js';

/** So many wait at once, more than there are cores to hash on. */
const flood = 8;
const seconds = 6;
/** Of joins: so many alone, and so many beside logins. */
const rounds = 5;
const roundSeconds = 3;

export const loginRow: Row = {
  name: 'login',
  bars: [
    { figure: 'login_per_s', is: 'at least', bar: 25 },
    { figure: 'join_p95_growth_percent', is: 'at most', bar: 10 },
  ],
  async measure(product) {
    const account = await makeAccount(product);
    const logins = { ...loginsOf(account), expected: 201 };
    return {
      ...(await measureLoad(product, 'login', logins)),
      ...(await joinsBeside(product, loginsOf(account))),
    };
  },
};

function loginsOf({ email, password }: Account): Omit<LoadOptions, 'url'> {
  const request = () => ({ path: '/v1/sessions', body: { email, password } });
  return { connections: flood, seconds, maxRequests: 2000, request };
}

/**
 * The same joins, 50 in a second, alone and beside the logins, in turn: what drifts (V8 still compiles,
 * the machine has a slow moment) meets both.
 */
async function joinsBeside(
  { url, ...product }: Product,
  logins: Omit<LoadOptions, 'url'>,
): Promise<Figures> {
  const meeting = await makeMeeting(product, open);
  const joins: LoadOptions = {
    ...{ url, connections: 8, seconds: roundSeconds, maxRequests: 1000, perSecond: 50 },
    request: (index) => joinRequest(meeting, index),
  };
  const times = { alone: [] as number[], beside: [] as number[] };
  await load(joins);
  for (let round = 0; round < rounds; round += 1) {
    times.alone.push(...(await load(joins)).times);
    const flood = { ...logins, url, seconds: roundSeconds };
    const [beside] = await Promise.all([load(joins), load(flood)]);
    times.beside.push(...beside.times);
  }
  const alone = timesOf('join_alone', times.alone);
  const flooded = timesOf('join_beside_logins', times.beside);
  const growth =
    (flooded.join_beside_logins_p95_ms as number) / (alone.join_alone_p95_ms as number) - 1;
  return { ...alone, ...flooded, join_p95_growth_percent: growth * 100 };
}
