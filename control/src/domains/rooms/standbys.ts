import { isoTime } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { IssuedToken, Tokens } from '../../keys/tokens.js';
import type { Nodes } from '../../nodes/nodes.js';
import { EndpointSeat } from './endpoint-seat.js';
import type { MediaPlace } from './media-place.js';
import type { Room } from './room.js';
import { type Seat, write } from './seat.js';

export interface StandbysContext {
  nodes: Nodes;
  tokens: Pick<Tokens, 'issueStandby' | 'verifyStandby'>;
  ids: Ids;
}

interface Offer extends IssuedToken {
  nodeId: string;
}

/**
 * Where the people of a place would go if its node were lost: another node of its region, the same one
 * while it takes rooms. Nothing is there beforehand; it is known beforehand, and clients have a ticket
 * for which the node is looked at as soon as one of them hears nothing.
 */
export class Standbys {
  private readonly chosen = new WeakMap<MediaPlace, string>();

  constructor(private readonly context: StandbysContext) {}

  /** What people were told last. */
  named(place: MediaPlace): string | undefined {
    return this.chosen.get(place);
  }

  /** Null: there is no other node, or nobody listens there. */
  offer(room: Room, seat: Seat): Offer | null {
    if (seat instanceof EndpointSeat) return null;
    const place = room.placeOf(seat);
    const { nodes, tokens, ids } = this.context;
    const node = nodes.foresee(place.region, room.nodeIds, this.chosen.get(place));
    if (node === null) {
      this.chosen.delete(place);
      return null;
    }
    const { nodeId } = node;
    this.chosen.set(place, nodeId);
    const { roomId, epoch } = room.key;
    const subject = { participantId: seat.id, roomId, epochNext: epoch + 1, nodeId };
    return { nodeId, ...tokens.issueStandby(subject, ids.next()) };
  }

  /** The ticket that is good from now on, to somebody who is welcome already. */
  tell(room: Room, seat: Seat): void {
    if (!seat.isConnected) return;
    const offer = this.offer(room, seat);
    if (offer === null) return;
    const { token, expiresAt } = offer;
    seat.tell(write('token', { kind: 'standby', token, expires_at: isoTime(expiresAt) }));
  }

  /** It is lost or takes no more: another one stands in where it did. */
  gone(nodeId: string, rooms: Iterable<Room>): void {
    for (const room of rooms) {
      for (const place of room.places) {
        if (this.chosen.get(place) !== nodeId) continue;
        for (const seat of room.seatsAt(place)) this.tell(room, seat);
      }
    }
  }

  /** Was it given to this very seat, for where its media is now? */
  async honours(room: Room, seat: Seat, ticket: string): Promise<boolean> {
    const subject = await this.context.tokens.verifyStandby(ticket).catch(() => null);
    return (
      subject?.participantId === seat.id &&
      subject.roomId === room.key.roomId &&
      subject.epochNext > seat.epoch
    );
  }
}
