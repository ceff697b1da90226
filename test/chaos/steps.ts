/** What the stories of several faults have in common. */
import { eventually } from '../e2e/support/plenum.js';
import type { UdpLink } from '../e2e/support/udp-relay.js';
import type { FaultContext } from './fault.js';
import type { Fleet, FleetNode } from './fleet/fleet.js';
import type { CrowdReport } from './people/crowd-process.js';
import { allHear, Room, type RoomWish } from './people/room.js';

/** A decoder needs the first frame whole, and plays it then (reliability §1). */
const decodeMs = 20;

export type Opening = Partial<RoomWish> & { rooms: number; at?: FleetNode };

/** Rooms whose media is on one node; everybody hears everybody. */
export async function openRooms(context: FaultContext, wish: Opening): Promise<Room[]> {
  const { crowd } = context;
  const { rooms: count, at, ...rest } = wish;
  const open = () => Room.open(context, { people: 4, crowd, ...rest });
  const rooms = await openAt(context, at, () =>
    Promise.all(Array.from({ length: count }, () => open())),
  );
  if (rest.crowd !== null) await allHear(crowd, rooms);
  return rooms;
}

/** What opens has its media on that node, or on any. */
export async function openAt<Opened>(
  { fleet }: FaultContext,
  at: FleetNode | undefined,
  open: () => Promise<Opened>,
): Promise<Opened> {
  await nodesTakeRooms(fleet, at === undefined ? fleet.nodes : [at]);
  const others = at === undefined ? [] : fleet.nodes.filter((node) => node !== at);
  for (const { id } of others) await fleet.admin.drain(id);
  const opened = await open();
  for (const { id } of others) await fleet.admin.undrain(id);
  return opened;
}

/** The rooms are under a higher epoch, and everybody hears everybody there. */
export async function allMoved(context: FaultContext, rooms: Room[], from: number): Promise<void> {
  await eventually('everybody was told to move, and has media there', () =>
    rooms.every(({ people }) => people.every((one) => one.epoch > from && one.hasMedia))
      ? true
      : undefined,
  );
  await allHear(context.crowd, rooms);
}

/**
 * Measuring begins at a moment at which everybody hears everybody.
 * @param how `again`: another part of what is measured, to one judgement of who sends.
 * @returns when, µs.
 */
export function begin(
  { crowd }: FaultContext,
  rooms: readonly Room[],
  how?: 'again',
): Promise<number> {
  return eventually('everybody hears everybody as measuring begins', async () => {
    const atUs = await crowd.moment(how);
    const report = await crowd.heard();
    return rooms.every((room) => room.wasHeard(report)) ? atUs : undefined;
  });
}

/**
 * Of every stream, or of some: the longest time without news since measuring began, ms.
 * @throws Error one did not flow then: of it there is nothing to say
 */
export function gapsMs(
  report: CrowdReport,
  rooms: readonly Room[],
  isWanted: (stream: number) => boolean = () => true,
): number[] {
  if (!rooms.every((room) => room.wasHeard(report))) throw new Error('some stream did not flow');
  return rooms
    .flatMap((room) => room.heardBy(report))
    .filter(({ stream }) => isWanted(stream))
    .map(({ longestUs }) => longestUs / 1000 + decodeMs);
}

/** Nobody lost a seat or an id, and the wire kept its order; everybody is there. */
export function expectUnharmed(
  { expect }: FaultContext,
  rooms: readonly Pick<Room, 'people'>[],
): void {
  for (const person of rooms.flatMap(({ people }) => people)) {
    const who = `person ${person.index}`;
    const mishaps = person.mishaps.map(({ what }) => what);
    expect(mishaps.length === 0, `${who}: ${mishaps.join('; ')}`);
    expect(person.ids.size === 1, `${who} had ${person.ids.size} ids`);
    expect(person.state === 'online', `${who} is ${person.state}`);
    const { gaps, repeats } = person.wire;
    expect(gaps.length === 0, `${who}: events are missing: ${gaps.slice(0, 3)}`);
    expect(repeats.length === 0, `${who}: events came twice: ${repeats.slice(0, 3)}`);
  }
}

/** Nothing is heard twice by the same way. */
export function expectNoDoubles(
  { expect }: FaultContext,
  report: CrowdReport,
  rooms: readonly Room[],
): void {
  const doubled = rooms.flatMap((room) => room.heardBy(report)).filter(({ repeated }) => repeated);
  expect(doubled.length === 0, `heard twice: ${JSON.stringify(doubled.slice(0, 3))}`);
}

/** A node that was started again, or is reached again, is in contact with control. */
export async function nodeIsBack(
  fleet: Fleet,
  node: Pick<FleetNode, 'id' | 'process'>,
): Promise<void> {
  await eventually(`${node.process.options.name} is in contact`, async () => {
    const known = (await fleet.admin.nodes()).find(({ node_id }) => node_id === node.id);
    return known?.state === 'up' ? true : undefined;
  });
}

/** What it has lost while it stood still is held against a node for a while. */
const forgivenMs = 60_000;

/** One of them does. */
async function nodesTakeRooms(fleet: Fleet, nodes: readonly FleetNode[]): Promise<void> {
  const ids = nodes.map(({ id }) => id);
  let unfit: unknown[] = [];
  const probe = async () => {
    const known = (await fleet.admin.nodes()).filter(({ node_id }) => ids.includes(node_id));
    unfit = known.map((node) => node.unfit);
    return unfit.includes(null) ? true : undefined;
  };
  await eventually('a node takes rooms', probe, forgivenMs).catch((error: Error) => {
    throw new Error(`${error.message}: ${unfit}`);
  });
}

/** One figure of a process's /metrics, all its series together. */
export async function metric(adminPort: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  const lines = text
    .split('\n')
    .filter((line) => line.replace(/\{.*\}/, '').startsWith(`${name} `));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

type States = Room['people'][number]['states'];

/** When the person was last connected anew, after that moment; ms. */
export function backMs(states: States, since: number): number {
  const online = states.findLast(({ state, atMs }) => state === 'online' && atMs > since);
  return (online?.atMs ?? since) - since;
}

export function areBack(rooms: readonly Pick<Room, 'people'>[], since: number): boolean {
  return rooms.every(({ people }) =>
    people.every(({ state, states }) => state === 'online' && backMs(states, since) > 0),
  );
}

/** How somebody of that region comes. */
export function inRegion({ fleet }: FaultContext, region: number) {
  return { origin: fleet.origin(region), reroute: fleet.regions.reroute(region) };
}

/** Whoever is there sends a check at least as often. */
const silenceMs = 4000;

/** The two links of a person; others may have had the ports before. */
export async function linksOf(
  { fleet, expect }: FaultContext,
  { transports, index }: Room['people'][number],
): Promise<UdpLink[]> {
  const ports = (await transports?.ports()) ?? [];
  const since = performance.now() - silenceMs;
  const known = fleet.nodes.flatMap(({ media }) => media.linksOf(ports));
  const links = known.filter(({ heardAt }) => heardAt > since);
  expect(links.length === 2, `${links.length} links of person ${index}, not 2`);
  return links;
}
