/** All that the meeting's page shows, as one value. */
import type {
  ClientCode,
  Connection,
  EndReason,
  Role,
  ServerPayloads,
} from '../../../client/src/index.js';
import type { Summary } from './announcements.js';
import { type ChatLog, emptyChat } from './chat-log.js';
import type { ShownReaction } from './reactions.js';
import type { RoomState } from './room-state.js';
import type { Layout } from './stage-plan.js';

/** Something the person should know now. */
export type NoticeKind =
  | { kind: 'mutedByHost' }
  | { kind: 'cameraStoppedByHost' }
  | { kind: 'sharingStoppedByHost' }
  | { kind: 'unmuteDenied' }
  | { kind: 'handLowered' }
  | { kind: 'recordingStarted' }
  | { kind: 'recordingOn' }
  | { kind: 'recordingFailed'; reason: string | undefined }
  | { kind: 'role'; role: Role }
  | { kind: 'refused'; code: ClientCode };

/** `serial` tells two of the same kind apart. */
export type Notice = NoticeKind & { serial: number };

export type Waiting = ServerPayloads['lobby.waiting'];

export interface MeetingState {
  readonly connection: Connection;
  /** The browser says that there is no network. */
  readonly offline: boolean;
  /** Neither sound nor pictures have passed for more than a second. */
  readonly isMediaLost: boolean;
  readonly endReason?: EndReason;
  /** Why this person, or this page, is not taken any more. */
  readonly endCode?: ClientCode;
  /** Set while this person waits to be let in. */
  readonly waiting?: Waiting | undefined;
  /** Undefined until the server let this participant in. */
  readonly room?: RoomState;
  readonly chat: ChatLog;
  /** Received tracks by publication id. */
  readonly tracks: ReadonlyMap<string, MediaStreamTrack>;
  /** Which publication flows through a received m-line. */
  readonly mids: ReadonlyMap<string, string>;
  readonly layout: Layout;
  /** People whose tile this viewer keeps large, in the order of pinning. */
  readonly pinned: ReadonlySet<string>;
  readonly reactions: readonly ShownReaction[];
  /** This person's own screen while it is shared. */
  readonly screen?: MediaStreamTrack | undefined;
  readonly soundBlocked: boolean;
  /** Sound, and one small picture at most. */
  readonly isSaving: boolean;
  /** Publications that have a tile and whose picture is not taken. */
  readonly leftOut: ReadonlySet<string>;
  readonly announcement?: { summary: Summary; serial: number };
  readonly notice?: Notice | undefined;
  /** A host has asked this person to unmute: stays until that is answered. */
  readonly isAskedToUnmute: boolean;
}

export const beforeJoining: MeetingState = {
  connection: 'connecting',
  offline: false,
  isMediaLost: false,
  chat: emptyChat,
  tracks: new Map(),
  mids: new Map(),
  layout: 'gallery',
  pinned: new Set(),
  reactions: [],
  soundBlocked: false,
  isSaving: false,
  leftOut: new Set(),
  isAskedToUnmute: false,
};
