import { toControlError } from '../../control/src/control-error.js';
import { NodesService } from '../../control/src/domains/nodes/service.js';
import type { Room, RoomsService } from '../../control/src/domains/rooms/service.js';
import { Elsewhere } from '../../control/src/fleet/elsewhere.js';
import type { RoomOwners } from '../../control/src/fleet/room-owners.js';
import type { MovedRoom } from '../../control/src/schemas/http.js';
import type { Fleet } from './fleet.js';
import type { SimDatabase } from './postgres.js';

export interface MoveRequest {
  roomId: string;
  /** Null: wherever placement says. */
  nodeId: string | null;
  isPassed?: boolean;
}

type MovedHere = Parameters<RoomsService['move']>[0];

export type MoveAnswer = MovedRoom | { code: string };

export interface RoomMovesContext {
  fleet: Fleet;
  rooms: RoomsService;
  owners: RoomOwners;
  database: SimDatabase;
  pass: (controlId: string, request: MoveRequest) => Promise<MoveAnswer>;
}

/** `POST /v1/rooms/{id}/move`, as its route and `plugins/elsewhere` go it. */
export class RoomMoves {
  private readonly nodes: NodesService;

  constructor(private readonly context: RoomMovesContext) {
    const { database, owners } = context;
    const move = (room: MovedHere, nodeId: string | null) => this.moveHere(room, nodeId);
    this.nodes = new NodesService({ database, owners, move } as never);
  }

  async move(request: MoveRequest): Promise<MoveAnswer> {
    try {
      return await this.nodes.moveRoom(request.roomId, request.nodeId);
    } catch (error) {
      if (!(error instanceof Elsewhere)) return { code: toControlError(error).code };
      if (request.isPassed) return { code: 'dependency_down' };
      const passed = { ...request, isPassed: true };
      return this.context.pass(error.controlId, passed).catch(() => this.move(passed));
    }
  }

  /** A refusal comes in the very turn, and has changed nothing; one of two moves at once comes later. */
  private async moveHere(wanted: MovedHere, nodeId: string | null): Promise<MovedRoom> {
    const { meetingId } = wanted;
    const { rooms, fleet } = this.context;
    const room = rooms.find(meetingId);
    const before = room && pictureOf(room);
    const isAtOther = room?.nodeIdsBut(room.media).includes(nodeId ?? '') ?? false;
    fleet.reasons.moveAsked(meetingId);
    try {
      const moved = await this.begin(wanted, nodeId);
      this.checkNodes(meetingId);
      return moved;
    } catch (error) {
      const { code, message } = toControlError(error);
      if (code === 'conflict') {
        const { invariants } = fleet;
        if (message.startsWith('Another move')) {
          const isElsewhere = room?.media.placed.nodeId !== nodeId;
          invariants.require(isElsewhere, `${room?.key.roomId} is there: no conflict`);
          throw error;
        }
        invariants.require(isAtOther, `${nodeId} has nothing of ${room?.key.roomId}: no conflict`);
        const isSame = room !== undefined && pictureOf(room) === before;
        invariants.require(isSame, `a refused move changes ${room?.key.roomId}`);
      }
      throw error;
    }
  }

  private checkNodes(meetingId: string): void {
    const { rooms, fleet } = this.context;
    const nodeIds = rooms.find(meetingId)?.places.map(({ placed }) => placed.nodeId) ?? [];
    const areDistinct = new Set(nodeIds).size === nodeIds.length;
    fleet.invariants.require(areDistinct, `two places of a room are at one node: ${nodeIds}`);
  }

  private async begin(wanted: MovedHere, nodeId: string | null): Promise<MovedRoom> {
    const { rooms, fleet } = this.context;
    const room = rooms.find(wanted.meetingId);
    if (fleet.isPlanted('two places at one node') && room !== undefined) {
      room.nodeIdsBut = () => [];
    }
    const moving = rooms.move(wanted, nodeId);
    if (!fleet.isPlanted('moved before it is written') || room === undefined) return moving;
    moving.catch(() => {});
    const { roomId, epoch } = room.key;
    return { room_id: roomId, node_id: nodeId ?? '', epoch: epoch + 1 };
  }
}

/** All that a move may change. */
function pictureOf({ key, places, seats, publications }: Room): string {
  const at = places.map(({ now, nodeIds, isOpen }) => [now.epoch, nodeIds, isOpen]);
  const epochs = [...seats.values()].map(({ id, epoch, isMoving }) => [id, epoch, isMoving]);
  return JSON.stringify([key, at, epochs, [...publications.keys()]]);
}
