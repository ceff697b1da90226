import { ControlError } from '../../control-error.js';
import type { ClientPayloads } from '../../schemas/client-messages.js';
import type { Database, Queryable } from '../../store/database.js';
import { isHost, nodeRef, type Room, type Seat, write } from '../rooms/service.js';
import { insertBlock, isDeviceBlocked } from './repository.js';

/** What hosts may do to others. The role is asked at the act, not at the login. */
export class ModerationService {
  constructor(private readonly database: Database) {}

  /**
   * Switches a source of somebody off, at the node.
   * @throws ControlError `role_required`, `unknown_participant`, `unknown_publication`.
   */
  async mute(room: Room, host: Seat, wanted: ClientPayloads['mod.mute']): Promise<void> {
    const target = this.targetOf(room, host, wanted.participant_id);
    const published = [...room.publications.values()].filter(
      (publication) =>
        publication.participant_id === target.id && publication.source === wanted.source,
    );
    if (published.length === 0) {
      throw new ControlError('unknown_publication', 'Nothing of that kind is published.');
    }
    for (const { publication_id } of published) {
      await room.context.node.publishMute({
        ...nodeRef(room),
        participantId: target.id,
        publicationId: publication_id,
        muted: true,
        by: 'host',
      });
    }
    const detail = { source: wanted.source };
    target.emit(write('moderated', { action: 'muted', by: host.id, detail }));
  }

  /**
   * Puts somebody out at once; resolves when that is durable. With `block` the device is kept out:
   * each of its seats ends, its unused join tokens too, and a new join is refused.
   * @throws ControlError `role_required`, `forbidden`, `unknown_participant`.
   */
  async remove(
    room: Room,
    host: Seat,
    wanted: ClientPayloads['mod.remove'],
    commandId: string,
  ): Promise<void> {
    const target = this.targetOf(room, host, wanted.participant_id);
    if (target === host) throw new ControlError('forbidden', 'Leave instead.');
    const seats = wanted.block ? seatsOfDevice(room, target) : [target];
    const block = this.blocking(room, host, target);
    const command = { participantId: host.id, id: commandId };
    const detail = { blocked: wanted.block };
    const released = seats.map((seat) => {
      seat.emit(write('moderated', { action: 'removed', by: host.id, detail }));
      const also = seat === target ? { command, ...(wanted.block ? { effect: block } : {}) } : {};
      const durable = room.release(seat, 'removed', also);
      seat.close('removed');
      return durable;
    });
    await Promise.all(released);
  }

  private blocking(room: Room, host: Seat, target: Seat): (tx: Queryable) => Promise<void> {
    const { clock, ids } = room.context;
    const block = {
      meetingId: room.key.meetingId,
      blockId: ids.next(),
      participantId: target.id,
      deviceHash: target.deviceHash,
      createdBy: host.id,
      at: new Date(clock.now()),
    };
    return (tx) => insertBlock(tx, block);
  }

  private targetOf(room: Room, host: Seat, participantId: string): Seat {
    if (!isHost(host.participant.role)) {
      throw new ControlError('role_required', 'Only hosts may do this.');
    }
    const target = room.seats.get(participantId);
    if (target === undefined) {
      throw new ControlError('unknown_participant', 'There is no such participant.');
    }
    if (target.participant.role === 'host' && host.participant.role !== 'host') {
      throw new ControlError('role_required', 'A host answers to hosts only.');
    }
    return target;
  }

  isBlocked(meetingId: string, deviceHash: Buffer | null): Promise<boolean> {
    if (deviceHash === null) return Promise.resolve(false);
    return isDeviceBlocked(this.database, meetingId, deviceHash);
  }
}

function seatsOfDevice(room: Room, target: Seat): Seat[] {
  const { deviceHash } = target;
  if (deviceHash === null) return [target];
  return [...room.seats.values()].filter((seat) => seat.deviceHash?.equals(deviceHash));
}
