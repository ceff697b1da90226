/**
 * How control reaches a recorder: as it reaches a node (nodes/node-client.ts), with room and epoch in
 * every call. A recorder is the far end of links: it has the room as a node has a place of it, where nobody sits,
 * and writes what comes over the links.
 */
import type {
  RecorderLoad,
  RecordingOrder,
  RecordingStatus,
  RenderOrder,
  RenderStatus,
  RoomFact,
} from '../../../recorder/src/index.js';
import type { HeldRoom, LinkEnd, LinkRef, LinkWord, RoomRef } from '../nodes/node-client.js';

export type RecorderEvent =
  | (RoomRef & { type: 'link_said'; linkId: string; word: LinkWord })
  | { type: 'recording'; status: RecordingStatus }
  | { type: 'render'; status: RenderStatus };

/** A newer take, or another recording of the same room, is not meant by a word that comes late. */
export interface TakeRef {
  recordingId: string;
  take: number;
}

export interface RecorderClient {
  /**
   * As a node opens a room. A recording that it has already, also from before it was started anew,
   * goes on: `adopt` keeps links. Rejects with `stale_epoch`, `no_capacity`.
   */
  openRoom(room: RoomRef & { adopt?: boolean; recording: RecordingOrder }): Promise<HeldRoom>;
  /** Stops that take: files are closed and stored. Answers at once; what becomes of it is told by `recording`. */
  closeRoom(room: RoomRef & TakeRef & { reason: string }): Promise<void>;
  openLink(end: LinkEnd): Promise<void>;
  closeLink(link: LinkRef): Promise<void>;
  hearLink(call: LinkRef & { word: LinkWord }): Promise<void>;
  repeatLink(link: LinkRef): Promise<void>;
  /** Nothing is written while it is paused, and recorded time stands still. */
  setPaused(call: RoomRef & { paused: boolean }): Promise<void>;
  /** From now on; what somebody published before stays. null: everybody. */
  setAllowed(call: RoomRef & { allowed: readonly string[] | null }): Promise<void>;
  tell(call: RoomRef & { facts: readonly RoomFact[] }): Promise<void>;
  /** It is written who has what: the local copy of a `stored` recording may go. Unknown ones are no error. */
  /** @param isDeleted the recording is: nothing of it stays, whether it could be read or not. */
  release(call: TakeRef & { isDeleted?: boolean }): Promise<void>;
  /** A take that nobody has any more (its meeting is over, another recorder goes on): as `closeRoom`. */
  finish(call: TakeRef & { reason: string }): Promise<void>;
  render(order: RenderOrder): Promise<void>;
  cancelRender(call: { renderId: string }): Promise<void>;
  /** One listener. */
  onEvent(listener: (event: RecorderEvent) => void): void;
}

/** What a recorder says of itself each 5 s, and when it comes. */
export interface RecorderDescription {
  recordings: readonly RecordingStatus[];
  renders: readonly RenderStatus[];
  load: RecorderLoad;
}

/** A recorder whose process is this one: what the agent of the recorder's process drives. */
export interface LocalRecorder extends RecorderClient {
  description(): RecorderDescription;
  /** Whether it has the room; of one whose opening was asked for it is known at once. */
  holds(roomId: string): boolean;
  /** Counters, names as in metrics (api §9). */
  stats(): Promise<Record<string, number>>;
  /** Files are closed, uploads stop where they are: the next start goes on. */
  close(): Promise<void>;
}

export type RecorderMethod = Exclude<keyof RecorderClient, 'onEvent'>;

export const recorderMethods: readonly RecorderMethod[] = [
  'openRoom',
  'closeRoom',
  'openLink',
  'closeLink',
  'hearLink',
  'repeatLink',
  'setPaused',
  'setAllowed',
  'tell',
  'release',
  'finish',
  'render',
  'cancelRender',
];

/** A client whose every method is this function. */
export function recorderClientOf(
  call: (method: RecorderMethod, argument: unknown) => Promise<unknown>,
  onEvent: RecorderClient['onEvent'],
): RecorderClient {
  const methods = recorderMethods.map(
    (method) => [method, (argument: unknown) => call(method, argument)] as const,
  );
  return { ...Object.fromEntries(methods), onEvent } as unknown as RecorderClient;
}
