import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { isId } from '../../ids.js';
import type { Policy, RoomPolicyChange } from '../../schemas/values.js';
import type { SecurityLog } from '../../security-log.js';
import { type Database, isUnreachable } from '../../store/database.js';
import { Gatherer } from '../../store/gatherer.js';
import { policyChanged } from '../meetings/service.js';
import { applyPolicy, type Room, type RoomBlock, type RoomsService } from '../rooms/service.js';
import {
  type BlockState,
  blockState,
  type NamedInBlocks,
  type Newcomer,
  namedIn,
} from './blocking.js';
import { LobbyModeration } from './lobby.js';
import { media } from './media.js';
import { type Moderator, requireHost } from './moderator.js';
import { remove } from './removal.js';
import {
  type Asked,
  type BlockRecord,
  findBlocks,
  liftBlock,
  listBlocks,
  newestBlocks,
} from './repository.js';
import { setRole } from './roles.js';
import { stage } from './stage.js';

export type { BlockState } from './blocking.js';
export { moderationEffects } from './effects.js';
export {
  type Act,
  prepareCanUnmute,
  prepareMute,
  prepareRelease,
  prepareStopVideo,
} from './media.js';
export { type Moderator, moderatorOf } from './moderator.js';
export type { BlockRecord } from './repository.js';
export { prepareRole } from './roles.js';
export { prepareSpotlight } from './stage.js';

export interface ModerationContext {
  database: Database;
  rooms: RoomsService;
  clock: Clock;
  /** Ends the meeting of a room for all, as long as it is in that room; resolves when that is durable. */
  endMeeting: (room: Room) => Promise<void>;
  security: SecurityLog;
}

/** Of a room: of older ones only the database knows. */
const maxKnownBlocks = 10_000;

/** What hosts may do to others and to the meeting. The role is asked at the act. */
export class ModerationService {
  readonly media = media;
  readonly stage = stage;
  readonly setRole = setRole;
  readonly lobby: LobbyModeration;
  private readonly blocked: Gatherer<Asked, NamedInBlocks>;

  constructor(private readonly context: ModerationContext) {
    this.lobby = new LobbyModeration(context.rooms);
    this.blocked = new Gatherer((asked) => findBlocks(context.database, asked));
  }

  /** As `remove` of removal.ts. */
  async remove(...[room, by, wanted, commandId]: Parameters<typeof remove>): Promise<void> {
    await remove(room, by, wanted, commandId);
    if (!wanted.block) return;
    const { participant_id } = wanted;
    const { meetingId } = room.key;
    this.context.security.write('block.made', { meeting_id: meetingId, participant_id });
  }

  /** In force, and told to all, when it is durable. @throws ControlError `role_required`. */
  async changePolicy(
    room: Room,
    by: Moderator,
    change: RoomPolicyChange | { locked: boolean },
  ): Promise<void> {
    requireHost(by);
    const { meetingId } = room.key;
    const at = this.context.clock.now();
    await room.record('meeting.policy', by.id, change, {
      effects: [policyChanged({ meetingId, change: change as Partial<Policy>, at })],
      committed: () => applyPolicy(room, { ...room.policy, ...change } as Policy),
    });
  }

  /** For everybody. @throws ControlError `role_required`: co-hosts do not. */
  async end(room: Room, by: Moderator): Promise<void> {
    if (by.role !== 'host') throw new ControlError('role_required', 'Only a host ends it for all.');
    await this.context.endMeeting(room);
  }

  /** Whether somebody is kept out, and how; while the database is away, by what a live room knows. */
  async blockOf(meetingId: string, room: Room | undefined, who: Newcomer): Promise<BlockState> {
    try {
      return blockState(await this.blocked.add({ meetingId, who }), who);
    } catch (error) {
      if (room === undefined || !isUnreachable(error)) throw error;
      return this.blockSince(room, who);
    }
  }

  /** Whether whoever has this personal invite is kept out of the meeting. */
  async isInviteBlocked(meetingId: string, inviteId: string): Promise<boolean> {
    const who = { userId: null, inviteId, deviceHash: null, ingestKeyId: null };
    return (await this.blocked.add({ meetingId, who })).invite;
  }

  /** What a room that opens has to know. */
  async blocksOf(meetingId: string): Promise<RoomBlock[]> {
    return newestBlocks(this.context.database, meetingId, maxKnownBlocks);
  }

  /** As `blockOf`, by what the room knows: asks nobody. */
  blockSince(room: Room, who: Newcomer): BlockState {
    return blockState(namedIn(room.blocks, who), who);
  }

  /** Those in force, oldest first, behind `after`. */
  blocks(meetingId: string, after: string, limit: number): Promise<BlockRecord[]> {
    return listBlocks(this.context.database, meetingId, after, limit);
  }

  /** Who was kept out may come again. @throws ControlError `not_found`. */
  async lift(meetingId: string, blockId: string): Promise<void> {
    const at = new Date(this.context.clock.now());
    const lifted =
      isId(blockId) && (await liftBlock(this.context.database, { meetingId, blockId, at }));
    const room = this.context.rooms.find(meetingId);
    if (room !== undefined) room.blocks = room.blocks.filter((block) => block.blockId !== blockId);
    if (!lifted) throw new ControlError('not_found', 'There is no such block.');
    const detail = { meeting_id: meetingId, block_id: blockId };
    this.context.security.write('block.lifted', detail);
  }
}
