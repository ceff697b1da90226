import { toControlError } from '../../control/src/control-error.js';
import { defaultPolicy } from '../../control/src/domains/meetings/service.js';
import {
  grantsOf,
  type RoomsService,
  reserveSeats,
} from '../../control/src/domains/rooms/service.js';
import { Elsewhere } from '../../control/src/fleet/elsewhere.js';
import type { RoomOwners } from '../../control/src/fleet/room-owners.js';
import type { Host } from './host.js';
import type { SimDatabase } from './postgres.js';

export interface JoinRequest {
  meetingId: string;
  role: 'host' | 'participant';
  isPassed?: boolean;
}

/** A token for `hello`, or the code of the refusal. */
export type JoinAnswer = { token: string; participantId: string } | { code: string };

export interface DoorContext {
  rooms: RoomsService;
  owners: RoomOwners;
  database: SimDatabase;
  host: Host;
  pass: (controlId: string, request: JoinRequest) => Promise<JoinAnswer>;
}

const nobody = { inviteId: null, userId: null, deviceHash: null };

/** The way in over HTTP without invites, as `domains/join` and `plugins/elsewhere` go it. */
export class Door {
  constructor(private readonly context: DoorContext) {}

  async join(request: JoinRequest): Promise<JoinAnswer> {
    try {
      return await this.here(request);
    } catch (error) {
      if (!(error instanceof Elsewhere)) return { code: toControlError(error).code };
      if (request.isPassed) return { code: 'dependency_down' };
      const passed = { ...request, isPassed: true };
      return this.context.pass(error.controlId, passed).catch(() => this.join(passed));
    }
  }

  private async here({ meetingId, role }: JoinRequest): Promise<JoinAnswer> {
    const { rooms, owners, database, host } = this.context;
    await owners.check(meetingId);
    await rooms.checkCapacity(meetingId);
    const room = await rooms.open(meetingId);
    const [participantId, tokenId] = [host.ids.next(), host.ids.next()];
    room.expected.add(participantId, {
      person: { ...nobody, displayName: 'Somebody', inLobbySince: null, consented: null },
      decideIn: () => 'admitted',
    });
    const grants = grantsOf(role, defaultPolicy);
    const token = JSON.stringify({ ...room.key, participantId, tokenId, role, grants });
    const createdAt = new Date(host.clock.now());
    const seat = { meetingId, roomId: room.key.roomId, participantId, tokenId, role, createdAt };
    await database.transaction((tx) =>
      reserveSeats(tx, [{ ...seat, ...nobody, displayName: 'Somebody', inLobby: false }]),
    );
    return { token, participantId };
  }
}
