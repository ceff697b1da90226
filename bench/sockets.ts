/**
 * What a socket costs a control process of a fleet (bar: 50 kB resident for each of 5000):
 * ./run bench sockets [--json FILE]
 * People join 250 meetings by the API and stay there, as quiet web clients do; media nodes, Postgres, Redis and
 * the people are other processes. `./run bench control --rows sockets` has the node in the same process.
 */
import { startFleet } from '../test/e2e/support/fleet.js';
import { collectGarbage, inspectable, memoryOf } from './control/garbage.js';
import { open } from './control/joins.js';
import { type BenchMeeting, makeMeeting } from './control/meetings.js';
import { fill } from './control/people.js';
import { ask, withoutLimits } from './control/product.js';
import { eventLoopLag } from './control/sockets.js';
import { residentBytes } from './proc.js';
import { reportResult } from './results.js';

const sockets = 5000;
const rooms = 250;
/** Before memory counts: rooms are open, code is compiled, pools have grown. */
const warmUp = 500;
const settleMs = 2000;
const restMs = 10_000;
const barBytes = 50_000;

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const ends: (() => unknown)[] = [];
try {
  const fleet = await startFleet(
    { teardown: (end: () => unknown) => void ends.push(end) },
    {
      ...{ controls: 1, nodes: ['local', 'local', 'local'] },
      environment: {
        ...{ ...withoutLimits, ...inspectable },
        ...{ PLENUM_LOG_LEVEL: 'error', PLENUM_MEDIA_MAX_LOAD: 'none' },
      },
    },
  );
  const [control] = fleet.controls;
  if (control === undefined) throw new Error('no control process');
  const { url, process: child } = control;
  const memory = async () => ({
    ...(await memoryOf(child)),
    rss: residentBytes(child.pid as number),
  });
  const clean = async () => {
    await collectGarbage(child);
    return memory();
  };
  const product = { url, ask: (...asked: DropFirst<Parameters<typeof ask>>) => ask(url, ...asked) };
  const meetings: BenchMeeting[] = [];
  while (meetings.length < rooms) meetings.push(await makeMeeting(product, open));
  const first = await fill(product, meetings, warmUp);
  await rest(settleMs);
  const before = await clean();
  const people = [...first, ...(await fill(product, meetings, sockets - warmUp))];
  await rest(settleMs);
  await eventLoopLag(control);
  await rest(restMs);
  const lag = await eventLoopLag(control);
  const withGarbage = await memory();
  const after = await clean();
  for (const person of people) person.leave();
  const each = (of: keyof NodeJS.MemoryUsage, now = after) =>
    (now[of] - before[of]) / (sockets - warmUp);
  const figures = {
    sockets: people.length,
    socket_rss_bytes: each('rss'),
    socket_rss_with_garbage_bytes: each('rss', withGarbage),
    socket_heap_bytes: each('heapUsed'),
    socket_external_bytes: each('external'),
    loop_lag_p99_ms: lag,
    process_rss_bytes: after.rss,
  };
  const work = { rooms, warm_up: warmUp, socket_rss_bytes: `at most ${barBytes}` };
  const kilobytes = (figures.socket_rss_bytes / 1000).toFixed(1);
  const isMissed = figures.socket_rss_bytes > barBytes;
  reportResult(
    { bench: 'sockets', work, figures },
    `${people.length} sockets on a control process: ${kilobytes} kB each${isMissed ? ' (missed)' : ''}`,
  );
} finally {
  for (const end of ends.reverse()) await end();
}

type DropFirst<All extends unknown[]> = All extends [unknown, ...infer Rest] ? Rest : never;
