import type { Ids } from '../../ids.js';
import type { EndpointKind, Role } from '../../schemas/values.js';
import { endpointSeated } from './effects.js';
import { type EndpointKey, EndpointSeat } from './endpoint-seat.js';
import { grantsOf, mutedOnEntry } from './grants.js';
import type { MediaPlace } from './media-place.js';
import { joinedAt, type Room } from './room.js';

export interface NewEndpoint {
  kind: EndpointKind;
  name: string;
  role: Role;
  key: EndpointKey;
  /** What its key was made with: does whoever stands behind it agree to be recorded? */
  consented: boolean;
  /** The client's offer. */
  sdp: string;
}

/** From the answer to the first media path; who takes longer will not come any more. */
const connectMs = 30_000;

/** The way into a room for programs that offer once over HTTP. */
export class EndpointDoor {
  constructor(private readonly ids: Ids) {}

  /**
   * Seats it, lets the node answer its offer, tells the room. After a refusal nothing is left.
   * @throws NodeError of the node, ControlError `dependency_down`, `stale_epoch`.
   */
  async enter(
    room: Room,
    place: MediaPlace,
    wanted: NewEndpoint,
  ): Promise<{ seat: EndpointSeat; sdp: string }> {
    const seat = this.seatFor(room, wanted);
    const { direction } = seat;
    room.putAt(seat.id, place);
    room.take(seat);
    try {
      await place.opened;
      const { client, ref } = room.placeOf(seat);
      const call = { ...ref, participantId: seat.id, direction, sdp: wanted.sdp };
      const { sdp } = await client.connectEndpoint(call);
      await seat.announce();
      return { seat, sdp };
    } catch (error) {
      await this.undo(room, seat);
      throw error;
    }
  }

  private async undo(room: Room, seat: EndpointSeat): Promise<void> {
    if (!seat.isAnnounced) return room.withdraw(seat);
    const told = (error: unknown) => room.context.report(error, 'free a seat');
    await room.release(seat, 'left').catch(told);
  }

  private seatFor(room: Room, wanted: NewEndpoint): EndpointSeat {
    const { clock } = room.context;
    const { kind, name, role, key } = wanted;
    const id = this.ids.next();
    const at = new Date(clock.now());
    const participant = {
      id,
      name,
      role,
      kind,
      state: 'joined',
      joined_at: joinedAt(at),
      can_unmute: room.policy.self_unmute,
    } as const;
    const seat: EndpointSeat = new EndpointSeat(
      participant,
      grantsOf(role, room.policy),
      key,
      clock,
      this.ids.next(),
      {
        announce: () => this.announce(room, seat, wanted, at),
        connected: () => seat.cancelTimeout(),
        lost: () => {
          room.release(seat, 'timeout').catch((error) => room.context.report(error, 'free a seat'));
        },
      },
    );
    for (const source of mutedOnEntry(role, room.policy)) seat.mutedByHost.add(source);
    seat.consented = wanted.consented;
    return seat;
  }

  private async announce(
    room: Room,
    seat: EndpointSeat,
    { kind, role, key }: NewEndpoint,
    at: Date,
  ): Promise<void> {
    room.await(seat, connectMs);
    const row = {
      meetingId: room.key.meetingId,
      roomId: room.key.roomId,
      participantId: seat.id,
      displayName: seat.participant.name,
      role,
      deviceHash: key.deviceHash,
      tokenId: this.ids.next(),
      createdAt: at.getTime(),
      kind,
      ingestKeyId: key.ingestKeyId,
    };
    const effects = [endpointSeated(row)];
    // First: what follows from their being there is written behind it.
    const written = room.record('participant.joined', seat.id, { role, kind }, { effects });
    room.broadcast('participant.joined', { participant: seat.participant }, seat);
    await written;
  }
}
