/**
 * What a recorder is told, and what it says: plain data, as JSON has it. control/ reaches a recorder in another process by it
 * (control/src/recorders/recorder-client.ts).
 */

import type { ConsentRule, TrackSource } from './manifest/lines.js';

export type RenderLayout = 'gallery' | 'speaker' | 'screen_first' | 'audio';

/** What a recorder is to know of a recording when it begins, or goes on with, one. */
export interface RecordingOrder {
  recordingId: string;
  meetingId: string;
  title: string;
  /** RFC 3339. */
  startedAt: string;
  consent: ConsentRule;
  /** Counts the recorders that had it, from 1. */
  take: number;
  /** How long it has been recorded already, pauses apart. */
  recordedMs: number;
  isPaused: boolean;
  /** Who may be recorded; null: everybody. */
  allowed: readonly string[] | null;
}

/** Something that happened in the room: a line of the manifest. Its time is when it is told. */
export type RoomFact =
  | { type: 'joined'; participantId: string; name: string }
  | { type: 'left'; participantId: string }
  | { type: 'consent'; participantId: string; accepted: boolean | null; textVersion: string }
  | { type: 'speaker'; participantId: string | null }
  | { type: 'chat'; messageId: string; participantId: string; name: string; body: string }
  | { type: 'chat_deleted'; messageId: string | null }
  /**
   * It is published as a recorder opens the room: told before its track comes. Since when it is muted, or is not any more, ms
   * of recorded time; null: nobody here knows.
   */
  | { type: 'published'; trackId: string; muted: boolean; sinceMs: number | null }
  | { type: 'node'; nodeId: string; epoch: number; reason: string };

/** A file of a recording that is in the object store, whole and verified. */
export interface RecordedFile {
  fileId: string;
  /** In the object store. */
  key: string;
  kind: 'track' | 'manifest' | 'composite' | 'audio';
  /** Of a track. */
  trackId?: string;
  participantId?: string;
  source?: TrackSource;
  codec?: string;
  contentType: string;
  bytes: number;
  sha256: string;
  /** In recorded time. */
  startMs: number;
  endMs: number;
}

/** How a recording stands at a recorder: told when it changes, and with each description. */
export interface RecordingStatus {
  recordingId: string;
  meetingId: string;
  take: number;
  state:
    | 'recording'
    | 'paused'
    /** It goes on with less: see `trouble`. */
    | 'degraded'
    /** Stopped; files are being closed and stored. */
    | 'finishing'
    /** Everything of this take is in the object store: `files` is complete. */
    | 'stored'
    /** Nothing of it can be written, or of what is left of it nobody can say whose it is. */
    | 'failed';
  trouble: 'disk_low' | 'disk_full' | 'store_down' | 'node_silent' | null;
  recordedMs: number;
  /** Written and not stored yet. */
  backlogBytes: number;
  /** Stored ones. */
  files: readonly RecordedFile[];
}

/** A file that a render reads: by an address that is good for the job. */
export interface RenderInput {
  fileId: string;
  /** `https:` (signed), or `file:` where control and recorder share a folder. */
  url: string;
}

export interface RenderOrder {
  renderId: string;
  /** Counts the tries: what is said of an older one counts no more. */
  attempt: number;
  recordingId: string;
  layout: RenderLayout;
  /** Manifests, in the order of takes. */
  manifests: readonly RenderInput[];
  files: readonly RenderInput[];
}

export interface RenderStatus {
  renderId: string;
  attempt: number;
  state: 'running' | 'stored' | 'failed' | 'canceled';
  /** 0 to 1. */
  progress: number;
  cpuSeconds: number;
  /** When `stored`. */
  file: RecordedFile | null;
  /** When `failed`: for operators. */
  detail: string | null;
}

/** How busy a recorder is. */
export interface RecorderLoad {
  /** 1: full. */
  stress: number;
  isFull: boolean;
  recordings: number;
  tracks: number;
  renders: number;
  /** Composing jobs that it takes at once. */
  renderSlots: number;
  diskFreeBytes: number;
  diskState: 'ok' | 'low' | 'full';
}
