import type { Bus } from '../bus/bus.js';
import { Elsewhere, type OpenRoom } from './elsewhere.js';

type WrittenRoom = OpenRoom & { controlId: string | null };

export interface RoomOwnersContext {
  /** Null: nobody shares it. */
  bus: Bus | null;
  /** As Postgres has it. */
  activeRoom: (meetingId: string) => Promise<WrittenRoom | null>;
  controlId: string;
  /** Of others. */
  isAlive: (controlId: string) => Promise<boolean>;
  /** Which process of another region takes what is left there. Null: the room is of ours, or nobody lives there. */
  farHeirOf: (room: OpenRoom) => string | null;
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

  /**
   * Whoever of its region is asked first takes a room that nobody has, so that nobody waits. Others leave
   * it there: when the way between regions is cut, people are with the process that they can reach.
   */
  async holderOf(room: WrittenRoom): Promise<string | null> {
    const { isAlive, farHeirOf } = this.context;
    const { controlId } = room;
    if (controlId === this.context.controlId) return null;
    if (controlId !== null && (await isAlive(controlId))) return controlId;
    return farHeirOf(room);
  }

  /** @throws Elsewhere when another one has it, or is to take it. */
  async check(meetingId: string): Promise<void> {
    const { isHere, hasOthers } = this.context;
    if (!hasOthers() || isHere(meetingId)) return;
    const holder = (await this.fromBus(meetingId)) ?? (await this.fromStore(meetingId));
    if (holder !== null) throw new Elsewhere(holder);
  }

  private async fromBus(meetingId: string): Promise<string | null> {
    const { bus, isAlive } = this.context;
    const found = await bus?.getFenced(roomKey(meetingId)).catch(() => null);
    if (!found) return null;
    const { controlId } = JSON.parse(found.value) as RoomEntry;
    return (await isAlive(controlId)) ? controlId : null;
  }

  private async fromStore(meetingId: string): Promise<string | null> {
    const room = await this.context.activeRoom(meetingId);
    return room && this.holderOf(room);
  }
}
