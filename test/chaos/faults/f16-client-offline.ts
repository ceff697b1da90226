import { eventually, pause } from '../../e2e/support/plenum.js';
import { startTcpRelay } from '../../e2e/support/tcp-relay.js';
import { fair } from '../../e2e/support/weather.js';
import type { Fault, FaultContext } from '../fault.js';
import type { Person } from '../people/person.js';
import { allHear, type Room } from '../people/room.js';
import { expectUnharmed, linksOf, openRooms } from '../steps.js';

/** How long, and by when the person is to be back; null: the seat is freed meanwhile. */
const absences = {
  quick: [{ ms: 4000, backMs: 15_000 }],
  full: [
    { ms: 10_000, backMs: 2000 },
    { ms: 60_000, backMs: 3000 },
    { ms: 120_000, backMs: null },
  ],
} as const;
/** By then others are shown that somebody is not there. */
const ghostMs = 15_000;
/** A seat is kept for so long after that. */
const keptMs = 90_000;

/**
 * The links of some are cut, each in a room of its own, media and signaling, and come back: the same
 * seat, or, who was away for too long, none.
 */
export const clientOffline: Fault = {
  id: 'F16',
  title: 'a client is offline',
  layout: 'E',
  async run(context) {
    const stories = absences[context.size].map(({ ms, backMs }) =>
      backMs === null ? seatFreed(context, ms) : seatKept(context, ms, backMs),
    );
    const ends = await Promise.allSettled(stories);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  },
};

/** A room of whose people the first one has a way that can be cut. */
async function openRoom(context: FaultContext) {
  const { fleet, teardown } = context;
  const signaling = await startTcpRelay(fleet.origin());
  teardown(() => signaling.close());
  const reroute = (url: string) =>
    signaling.address(url.replace(/^ws/, 'http')).replace(/^http/, 'ws');
  const each = (n: number) => (n === 0 ? { reroute } : {});
  const [room] = (await openRooms(context, { rooms: 1, each })) as [Room];
  const [person, ...others] = room.people as [Person, ...Person[]];
  const links = await linksOf(context, person);
  const setPassing = (isPassing: boolean) => {
    for (const link of links) link.weather = isPassing ? undefined : { ...fair, loss: 1 };
    signaling.setPassing(isPassing);
  };
  return { room, person, others, setPassing };
}

async function seatKept(context: FaultContext, awayMs: number, backMs: number): Promise<void> {
  const { room, person, others, setPassing } = await openRoom(context);
  setPassing(false);
  await pause(awayMs);
  const backAt = performance.now();
  setPassing(true);
  person.retryNow();
  await eventually('the socket is back', () => (person.state === 'online' ? true : undefined));
  await allHear(context.crowd, [room]);
  const samples = [performance.now() - backAt];
  const name = `back after ${awayMs / 1000} s`;
  context.figure({ name, unit: 'ms', samples, bars: { max: backMs } });
  expectUnharmed(context, [room]);
  for (const other of others) {
    const left = other.wire.left.filter(({ id }) => id === person.seat.id).length;
    context.expect(left === 0, `person ${other.index} was told that the person left`);
  }
}

async function seatFreed(context: FaultContext, awayMs: number): Promise<void> {
  const { room, person, others, setPassing } = await openRoom(context);
  const cutAt = performance.now();
  setPassing(false);
  await pause(awayMs);
  const { id } = person.seat;
  const ghosts = others.flatMap(({ wire }) => first(wire.told, (one) => one.id === id, cutAt));
  const freed = others.flatMap(({ wire }) => first(wire.left, (one) => one.id === id, cutAt));
  const isTold = freed.length === others.length && ghosts.length === others.length;
  context.expect(isTold, `${ghosts.length} saw the person go, ${freed.length} the seat freed`);
  context.figure({
    ...{ name: 'others are told', unit: 'ms' },
    ...{ samples: ghosts, bars: { max: ghostMs } },
  });
  context.figure({
    ...{ name: 'seat freed', unit: 'ms' },
    ...{ samples: freed, bars: { max: ghostMs + keptMs } },
  });
  context.expect(Math.min(...freed) >= keptMs, `the seat was freed after ${Math.min(...freed)} ms`);
  setPassing(true);
  person.retryNow();
  await eventually('the person is told', () => (person.state === 'ended' ? true : undefined));
  expectUnharmed(context, [{ people: others }]);
  const newcomer = room.newcomer({ origin: context.fleet.origin() });
  await newcomer.join();
  context.expect(newcomer.seat.id !== id, 'the seat of before was given to somebody who joined');
}

/** When the first such word came, ms since then. */
function first<Word extends { atMs: number }>(
  words: readonly Word[],
  isIt: (word: Word) => boolean,
  since: number,
): number[] {
  const word = words.find((one) => one.atMs > since && isIt(one));
  return word === undefined ? [] : [word.atMs - since];
}
