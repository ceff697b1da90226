import { eventually, pause } from '../../e2e/support/plenum.js';
import type { Fault, FaultContext } from '../fault.js';
import type { CrowdReport } from '../people/crowd-process.js';
import { speakerOf } from '../people/crowd-process.js';
import type { Person } from '../people/person.js';
import { allHear, type Room } from '../people/room.js';
import { begin, expectNoDoubles, expectUnharmed, inRegion, metric, openRooms } from '../steps.js';

const cutMs = 30_000;
/** Of the way between regions there and back: of what passes there nothing is older. */
const freshUs = 250_000;

/**
 * Nothing passes between two regions, and nothing is closed: who is near hears each other all the time,
 * everybody sees that the others are away, and all come back to where they were.
 */
export const regionsCut: Fault = {
  id: 'F19',
  title: 'the way between two regions is cut',
  layout: 'W',
  async run(context) {
    const { fleet, crowd, size, figure } = context;
    const rooms = await openRooms(context, {
      rooms: 2,
      each: (n) => inRegion(context, regionOf(n)),
    });
    await eventually('in each region its people are on its node', async () => {
      const counts = fleet.nodes.map(({ adminPort }) =>
        metric(adminPort, 'plenum_node_participants'),
      );
      return (await Promise.all(counts)).every((count) => count === 4) || undefined;
    });
    await begin(context, rooms);
    const cutAt = performance.now();
    fleet.regions.setCut(true);
    const shownMs = await splitIsShown(context, rooms, cutAt);
    if (size === 'full') await pause(cutMs - (performance.now() - cutAt));
    expectNearHeard(context, rooms, await crowd.heard());
    const healedAt = performance.now();
    fleet.regions.setCut(false);
    await eventually('everybody is back', () => (areThere(rooms) ? true : undefined));
    const report = await allHear(crowd, rooms);
    const healedMs = performance.now() - healedAt;
    await eventually('no node is cut off', async () =>
      (await cutOff(context)) === 0 ? true : undefined,
    );
    expectUnharmed(context, rooms);
    expectNoDoubles(context, report, rooms);
    expectNobodyMoved(context, rooms);
    figure({ name: 'split shown', unit: 'ms', samples: shownMs, bars: { max: 5000 } });
    figure({ name: 'healed', unit: 'ms', samples: [healedMs], bars: { max: 5000 } });
  },
};

/** Two of four in each. */
const regionOf = (n: number) => Math.floor(n / 2);

/** Those of the same region as this one, who are heard. */
function nearSpeakers(room: Room, person: Person): readonly Person[] {
  const region = regionOf(room.people.indexOf(person));
  return room.speakers.filter((one, n) => one !== person && regionOf(n) === region);
}

/**
 * Of each room one region has the process that the room is at: they are told that the others are away;
 * the others are without it, and know.
 * @returns how long it took each to be told, ms.
 */
async function splitIsShown(
  context: FaultContext,
  rooms: readonly Room[],
  since: number,
): Promise<number[]> {
  await eventually('everybody is shown the split, and both control processes are', () =>
    rooms.every((room) => room.people.every((one) => shownAt(room, one, since) !== undefined))
      ? cutOff(context).then((count) => (count === 2 ? true : undefined))
      : undefined,
  );
  const shown = rooms.flatMap((room) =>
    room.people.map((one) => (shownAt(room, one, since) as number) - since),
  );
  return [...shown, performance.now() - since];
}

/** When this person knew: of itself, or of both who are away. */
function shownAt(room: Room, person: Person, since: number): number | undefined {
  const own = person.states.find(({ state, atMs }) => state === 'reconnecting' && atMs > since);
  if (own !== undefined) return own.atMs;
  const region = regionOf(room.people.indexOf(person));
  const far = room.people.filter((_, n) => regionOf(n) !== region);
  const told = far.map(({ seat }) =>
    person.wire.told.find(
      ({ id, state, atMs }) => id === seat.id && state === 'reconnecting' && atMs > since,
    ),
  );
  const times = told.map((one) => one?.atMs ?? Number.NaN);
  return times.some(Number.isNaN) ? undefined : Math.max(...times);
}

/** How many of the control processes say that a node is cut off. */
async function cutOff({ fleet }: FaultContext): Promise<number> {
  const counts = await Promise.all(
    fleet.controls.map(({ adminPort }) => metric(adminPort, 'plenum_nodes_cut_off')),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Near people have lost nothing of each other. */
function expectNearHeard(
  { expect, figure }: FaultContext,
  rooms: readonly Room[],
  report: CrowdReport,
): void {
  const gaps: number[] = [];
  for (const room of rooms) {
    for (const person of room.people) {
      for (const speaker of nearSpeakers(room, person)) {
        const heard = room
          .heardBy(report)
          .find((one) => one.person === person.index && speakerOf(one.stream) === speaker.index);
        const isFresh = heard !== undefined && report.atUs - heard.lastUs < freshUs;
        const how = JSON.stringify(heard);
        expect(
          isFresh && heard.lost === 0,
          `${person.index} hears ${speaker.index} nearby: ${how}`,
        );
        gaps.push((heard?.longestUs ?? 0) / 1000);
      }
    }
  }
  figure({ name: 'gap of what is near', unit: 'ms', samples: gaps, bars: { max: 300 } });
}

function areThere(rooms: readonly Room[]): boolean {
  return rooms.every(({ people }) => people.every(({ state }) => state === 'online'));
}

function expectNobodyMoved({ expect }: FaultContext, rooms: readonly Room[]): void {
  for (const { index, migrations, wire } of rooms.flatMap(({ people }) => people)) {
    expect(migrations.length === 0, `${index} was moved: ${JSON.stringify(migrations)}`);
    expect(
      wire.left.length === 0,
      `${index} was told that somebody left: ${wire.left.map(({ id }) => id)}`,
    );
  }
}
