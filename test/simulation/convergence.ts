import type { MediaPlace } from '../../control/src/domains/rooms/media-place.js';
import type { Room } from '../../control/src/domains/rooms/service.js';
import { roomKey } from '../../control/src/fleet/room-owners.js';
import type { Fleet } from './fleet.js';
import type { MediaLink } from './media-link.js';
import type { MediaRoom } from './media-room.js';
import type { SimClient } from './sim-client.js';
import type { Row } from './tables.js';

/** After everything is well again for a while: all is as if nothing had been. */
export class Convergence {
  /** The room of each meeting, by its owner. */
  private readonly rooms: Room[] = [];

  constructor(private readonly fleet: Fleet) {}

  check(): void {
    for (const client of this.fleet.clients) {
      const { host, isJoined, pending, participantId } = client;
      this.require(isJoined, `${host.name} is not back (${participantId})`);
      this.require(pending.length === 0, `${host.name} waits for ${pending[0]?.id}`);
    }
    for (const meetingId of this.fleet.meetings) this.checkMeeting(meetingId);
    this.checkNodes();
  }

  private checkMeeting(meetingId: string): void {
    const { postgres, controls, redis } = this.fleet;
    const open = [...postgres.tables.table('rooms').values()].filter(
      (row) => row.meetingId === meetingId && row.closedAt === null,
    );
    this.require(open.length === 1, `${meetingId} has ${open.length} open rooms`);
    const row = open[0] as Row;
    const owner = controls.find(({ controlId, host }) => host.isUp && controlId === row.controlId);
    const room = owner?.rooms?.find(meetingId);
    this.require(room?.key.roomId === row.roomId, `${row.roomId} is nobody's`);
    if (room === undefined) return;
    this.rooms.push(room);
    this.checkPlaces(room, row);
    for (const client of this.fleet.clients) {
      if (client.meetingId === meetingId) this.checkPerson(client, room);
    }
    const held = redis[0].find(roomKey(meetingId));
    const value = held === undefined ? {} : JSON.parse(held.value);
    const isRight = held?.fence.epoch === row.epoch && value.controlId === row.controlId;
    this.require(isRight, `the registry is wrong about ${row.roomId}: ${held?.value}`);
  }

  /** At the nodes that Postgres names, each two of them linked, and everything published is at each. */
  private checkPlaces(room: Room, row: Row): void {
    const { roomId, epoch } = room.key;
    const [first, ...others] = room.places.map(({ placed }) => placed.nodeId);
    const isWritten = first === row.nodeId && same(others, row.branches as string[]);
    this.require(
      isWritten,
      `${roomId} is at ${first}, ${others}, not ${row.nodeId}, ${row.branches}`,
    );
    this.require(epoch === row.epoch, `${roomId} is at ${epoch}, not ${row.epoch}`);
    const published = [...room.publications.keys()];
    for (const place of room.places) {
      const held = this.atNode(place, roomId);
      const found = [...(held?.publications.keys() ?? [])];
      this.require(same(found, published), `${nameOf(place)} has ${found} of ${published}`);
    }
    for (const [index, one] of room.places.entries()) {
      for (const other of room.places.slice(index + 1)) this.checkLink(roomId, one, other);
    }
  }

  private checkLink(roomId: string, one: MediaPlace, other: MediaPlace): void {
    const [here, there] = [this.atNode(one, roomId), this.atNode(other, roomId)];
    const shared = [...(here?.links.values() ?? [])].flatMap((link) => {
      const end = there?.links.get(link.id);
      return end === undefined ? [] : [[link, end] as const];
    });
    const isLinked = shared.length === 1 && shared.every(([link, end]) => areOfOne(link, end));
    this.require(isLinked, `${nameOf(one)} and ${nameOf(other)} have ${shared.length} links`);
  }

  private checkPerson({ host, roomId, epoch, participantId }: SimClient, room: Room): void {
    const is = `${host.name} is in ${roomId} at ${epoch}`;
    this.require(roomId === room.key.roomId, `${is}, the room is ${room.key.roomId}`);
    const seat = room.seats.get(`${participantId}`);
    this.require(seat !== undefined, `${is} and has no seat`);
    if (seat === undefined) return;
    const isAlone = this.fleet.regions.length === 0;
    const newest = isAlone ? room.key.epoch : seat.epoch;
    this.require(epoch === newest, `${is}, the room is at ${newest}`);
    const place = room.placeOf(seat);
    const node = this.fleet.nodes.find(({ nodeId }) => nodeId === place.placed.nodeId);
    const isThere = node?.holds(roomId, seat.id) ?? false;
    this.require(isThere, `${node?.host.name} forwards nothing to ${host.name}`);
    const own = [...room.publications.values()].filter((one) => one.participant_id === seat.id);
    const expected = isAlone ? 0 : 1;
    this.require(own.length === expected, `${host.name} publishes ${own.length}`);
  }

  /** What is over, or elsewhere by now, is closed, also where a node comes back; what a move leaves, a while later. */
  private checkNodes(): void {
    const copies = this.rooms.flatMap((room) =>
      room.places.flatMap(({ now, former }) =>
        [now, ...(former === null ? [] : [former])].map(({ placed, epoch }) =>
          [placed.nodeId, room.key.roomId, epoch].join(),
        ),
      ),
    );
    for (const { nodeId, host, rooms } of this.fleet.nodes) {
      for (const { roomId, epoch } of rooms) {
        const isWanted = copies.includes([nodeId, roomId, epoch].join());
        this.require(isWanted, `${host.name} has epoch ${epoch} of ${roomId}, and is not to`);
      }
    }
  }

  private atNode({ placed }: MediaPlace, roomId: string): MediaRoom | undefined {
    return this.fleet.nodes.find(({ nodeId }) => nodeId === placed.nodeId)?.media.find(roomId);
  }

  private require(holds: boolean, otherwise: string): void {
    this.fleet.invariants.require(holds, otherwise);
  }
}

function nameOf({ placed }: MediaPlace): string {
  return placed.nodeId;
}

function same(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join() === [...others].sort().join();
}

/** What the one sends is what the other one can read. */
function areOfOne({ keys: one }: MediaLink, { keys: other }: MediaLink): boolean {
  const isRead = (sent: Uint8Array, received: Uint8Array) => Buffer.compare(sent, received) === 0;
  return isRead(one.send, other.receive) && isRead(other.send, one.receive);
}
