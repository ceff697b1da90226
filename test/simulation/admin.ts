import type { Fleet } from './fleet.js';
import type { Host } from './host.js';
import { ask } from './request.js';
import type { MoveAnswer, MoveRequest } from './room-moves.js';

/** An administrator: asks any process for what concerns rooms, and looks at the answers. */
export class Admin {
  constructor(
    private readonly host: Host,
    private readonly fleet: Fleet,
  ) {
    host.start();
  }

  /** Moves the room that a meeting has, to a node or to wherever placement says. */
  move(meetingId: string, nodeId: string | null): void {
    const { network, world, controls, postgres } = this.fleet;
    const rooms = [...postgres.tables.table('rooms').values()];
    const room = rooms.find((row) => row.meetingId === meetingId && row.closedAt === null);
    if (room === undefined) return;
    const roomId = `${room.roomId}`;
    const askedAt = room.epoch as number;
    world.note(`${roomId} is to go to ${nodeId}`);
    const body: MoveRequest = { roomId, nodeId };
    const { name } = world.random.pick(controls).host;
    ask<MoveAnswer>(network, this.host, name, { path: '/move', body }).then(
      (answer) => this.answered(body, askedAt, answer),
      () => {}, // nobody knows what has become of it
    );
  }

  private answered({ roomId, nodeId }: MoveRequest, askedAt: number, answer: MoveAnswer): void {
    const { invariants, world } = this.fleet;
    world.note(`${roomId} to ${nodeId}: ${JSON.stringify(answer)}`);
    if ('code' in answer) {
      invariants.require(answer.code !== 'internal', `a move to ${nodeId} fails by itself`);
      return;
    }
    const { epoch, node_id, room_id } = answer;
    invariants.require(room_id === roomId, `${room_id} moves in place of ${roomId}`);
    const written = invariants.nodeAt(roomId, epoch);
    const says = `${roomId} is said to be at ${node_id} by epoch ${epoch}`;
    invariants.require(written === node_id, `${says}, and is at ${written}`);
    const isThere = nodeId === null || node_id === nodeId || epoch > askedAt;
    invariants.require(isThere, `${roomId} was to go to ${nodeId}, and did not move`);
  }
}
