/** Routes that only read: as many as the server can take, and how long each waits at the bar's rate. */
import autocannon from 'autocannon';
import { headerIn } from './http-load.js';
import { makeAccount, makeMeeting } from './meetings.js';
import type { Product } from './product.js';
import { type Figures, measureLoad, type Row } from './rows.js';

interface Route {
  name: string;
  path: string;
  headers?: Record<string, string>;
  /** Requests per second that the waiting time is told at: the bar. */
  bar: number;
  /** 304 counts as an answer too. */
  expects304?: boolean;
}

const seconds = 4;
/** Of a second each. */
const warmUps = 2;

/**
 * `-c 100 -p 10` fills every queue, so that its times tell only its rate; a second run is paced, evenly,
 * which autocannon's rates are not: each connection sends what a second allows as fast as it can.
 */
async function measureRoute(product: Product, route: Route): Promise<Figures> {
  const { name, path, headers = {}, bar, expects304 = false } = route;
  const common = { url: new URL(path, product.url).href, headers, connections: 100, timeout: 20 };
  await autocannon({ ...common, pipelining: 10, duration: 1 });
  const before = product.cpu();
  const full = await autocannon({ ...common, pipelining: 10, duration: seconds });
  const after = product.cpu();
  insist(route, full);
  const { total } = full.requests;
  const evenly = {
    ...{ connections: 100, seconds, maxRequests: bar * seconds, perSecond: bar },
    request: () => ({ method: 'GET', path, headers }),
    expected: expects304 ? 304 : 200,
  };
  // This generator is another: its first second is slow. In the second V8 compiles anew what it had
  // compiled before it saw a connection end.
  for (let round = 0; round < warmUps; round += 1) {
    await measureLoad(product, 'warm_up', { ...evenly, seconds: 1 });
  }
  const paced = await measureLoad(product, `${name}_paced`, evenly);
  return {
    [`${name}_per_s`]: total / full.duration,
    [`${name}_server_cpu_us`]: ((after.server - before.server) / total) * 1e6,
    [`${name}_postgres_cpu_us`]: ((after.postgres - before.postgres) / total) * 1e6,
    ...paced,
  };
}

function insist({ name, expects304 = false }: Route, result: autocannon.Result): void {
  const answers = Object.entries(result.statusCodeStats);
  const expected = expects304 ? '304' : '200';
  const others = answers.filter(([status]) => status !== expected);
  if (others.length === 0 && result.errors === 0 && answers.length > 0) return;
  throw new Error(`${name}: ${JSON.stringify(answers)}, ${result.errors} errors`);
}

function barsOf(name: string, rate: number, p99Ms: number): Row['bars'] {
  return [
    { figure: `${name}_per_s`, is: 'at least', bar: rate },
    { figure: `${name}_paced_p99_ms`, is: 'at most', bar: p99Ms },
  ];
}

/** With a schema and no database. */
export const routesRow: Row = {
  name: 'routes',
  bars: barsOf('client_config', 12_000, 10),
  async measure(product) {
    return measureRoute(product, {
      name: 'client_config',
      path: '/v1/client-config',
      bar: 12_000,
    });
  },
};

/** Behind a login: one's account, and a meeting as its host reads it, whole and not changed. */
export const readRow: Row = {
  name: 'read',
  bars: [
    ...barsOf('get_me', 5000, 15),
    ...barsOf('get_meeting', 5000, 15),
    ...barsOf('get_meeting_unchanged', 5000, 15),
  ],
  async measure(product) {
    const { headers } = await makeAccount(product);
    const { id } = await makeMeeting(product, {}, headers);
    const path = `/v1/meetings/${id}`;
    const { head } = await product.ask({ method: 'GET', path, headers }, 200);
    const known = { ...headers, 'if-none-match': headerIn(head, 'etag') };
    const me = { name: 'get_me', path: '/v1/users/me', headers, bar: 5000 };
    return {
      ...(await measureRoute(product, me)),
      ...(await measureRoute(product, { name: 'get_meeting', path, headers, bar: 5000 })),
      ...(await measureRoute(product, {
        ...{ name: 'get_meeting_unchanged', path, headers: known, bar: 5000, expects304: true },
      })),
    };
  },
};
