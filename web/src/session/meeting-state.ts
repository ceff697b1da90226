/** All that the meeting's page shows, as one value. */
import type { ClientCode } from '../protocol/errors.js';
import type { Connection, EndReason } from '../protocol/signaling.js';
import type { Summary } from './announcements.js';
import { type ChatLog, emptyChat } from './chat-log.js';
import type { RoomState } from './room-state.js';

/** Something the person should know now; `serial` tells two of the same kind apart. */
export type Notice = { serial: number } & (
  | { kind: 'mutedByHost' }
  | { kind: 'cameraStoppedByHost' }
  | { kind: 'refused'; code: ClientCode }
);

export interface MeetingState {
  readonly connection: Connection;
  readonly endReason?: EndReason;
  /** Undefined until the server let this participant in. */
  readonly room?: RoomState;
  readonly chat: ChatLog;
  /** Received tracks by publication id. */
  readonly tracks: ReadonlyMap<string, MediaStreamTrack>;
  /** Which publication flows through a received m-line. */
  readonly mids: ReadonlyMap<string, string>;
  /** People whose tile this viewer keeps large, in the order of pinning. */
  readonly pinned: ReadonlySet<string>;
  /** This person's own screen while it is shared. */
  readonly screen?: MediaStreamTrack | undefined;
  readonly soundBlocked: boolean;
  readonly announcement?: { summary: Summary; serial: number };
  readonly notice?: Notice | undefined;
}

export const beforeJoining: MeetingState = {
  connection: 'connecting',
  chat: emptyChat,
  tracks: new Map(),
  mids: new Map(),
  pinned: new Set(),
  soundBlocked: false,
};
