import type { Bus } from '../bus/bus.js';
import type { RoomHold } from '../domains/rooms/repository.js';
import { Elsewhere } from './elsewhere.js';

export interface RoomOwnersContext {
  /** Null: nobody shares it. */
  bus: Bus | null;
  /** As Postgres has it. */
  activeRoom: (meetingId: string) => Promise<Pick<RoomHold, 'controlId'> | null>;
  isAlive: (controlId: string) => Promise<boolean>;
  /** Whether there is another process at all. */
  hasOthers: () => boolean;
  /** The room is here. */
  isHere: (meetingId: string) => boolean;
}

/** A copy of what Postgres says of an open room. */
export interface RoomEntry {
  controlId: string;
  roomId: string;
  nodeId: string;
}

export const roomKey = (meetingId: string) => `room:${meetingId}`;

/** Which living process has the room of a meeting: asked of the bus, and of Postgres what that does not know. */
export class RoomOwners {
  constructor(private readonly context: RoomOwnersContext) {}

  /** @throws Elsewhere when another one has it. */
  async check(meetingId: string): Promise<void> {
    const { isHere, hasOthers } = this.context;
    if (!hasOthers() || isHere(meetingId)) return;
    const controlId = (await this.fromBus(meetingId)) ?? (await this.fromStore(meetingId));
    if (controlId !== null) throw new Elsewhere(controlId);
  }

  private async fromBus(meetingId: string): Promise<string | null> {
    const { bus, isAlive } = this.context;
    const found = await bus?.getFenced(roomKey(meetingId)).catch(() => null);
    if (!found) return null;
    const { controlId } = JSON.parse(found.value) as RoomEntry;
    return (await isAlive(controlId)) ? controlId : null;
  }

  private async fromStore(meetingId: string): Promise<string | null> {
    const { activeRoom, isAlive } = this.context;
    const controlId = (await activeRoom(meetingId))?.controlId ?? null;
    return controlId !== null && (await isAlive(controlId)) ? controlId : null;
  }
}
