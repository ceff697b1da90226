/** How the recording of the room stands for this person: a pure function of messages and answers. */
import type { RecordingState, ServerMessage, ServerPayloads } from '../../../client/src/index.js';

export type ConsentRequest = ServerPayloads['recording.consent_request'];

/** One that is not over. */
export type LiveRecording = RecordingState & {
  state: Exclude<RecordingState['state'], 'stopped' | 'failed'>;
};

export interface RoomRecording {
  /** Null: nothing is recorded, or it is over. */
  readonly state: LiveRecording | null;
  /** What this person was asked and has not answered. */
  readonly question?: ConsentRequest | undefined;
  /** The last answer, here or at the door; undefined: none was asked for. */
  readonly accepted?: boolean | undefined;
}

export const notRecorded: RoomRecording = { state: null };

/** What is worth a word to everybody. */
export type RecordingNews =
  | 'waiting'
  | 'started'
  | 'paused'
  | 'resumed'
  | 'degraded'
  | 'recovered'
  | 'stopped'
  | 'failed';

/** Something is being written, or would be if the disk let it. */
export function isRecording(state: RecordingState | null): boolean {
  return state?.state === 'recording' || state?.state === 'degraded';
}

/**
 * A snapshot knows the state; what was asked and answered is known here. Who is asked still is asked
 * anew by the server.
 */
export function recordingOfSnapshot(
  known: RoomRecording | undefined,
  now: RecordingState | null,
): RoomRecording {
  const state = now && isLive(now) ? now : null;
  const isSame = known?.state?.recording_id === state?.recording_id;
  if (known && isSame) return { ...known, state };
  return { state, accepted: known?.accepted };
}

export function recordingAfter(recording: RoomRecording, message: ServerMessage): RoomRecording {
  if (message.t === 'recording.consent_request') {
    return { ...recording, question: message.d, accepted: undefined };
  }
  if (message.t !== 'recording.state') return recording;
  const state = isLive(message.d) ? message.d : null;
  const { question, ...rest } = recording;
  const isAsked = question !== undefined && question.recording_id === state?.recording_id;
  return { ...rest, ...(isAsked ? { question } : {}), state };
}

/** The answer to `recordingId` counts at once; the server hears of it meanwhile. */
export function recordingAnswered(
  { state, question }: RoomRecording,
  recordingId: string,
  accepted: boolean,
): RoomRecording {
  const isOther = question !== undefined && question.recording_id !== recordingId;
  return { state, accepted, ...(isOther ? { question } : {}) };
}

function isLive(recording: RecordingState): recording is LiveRecording {
  return recording.state !== 'stopped' && recording.state !== 'failed';
}

/** `before`: as it was when `now` came. */
export function recordingNews(
  before: RecordingState | null,
  now: RecordingState,
): RecordingNews | undefined {
  if (before?.recording_id === now.recording_id && before.state === now.state) {
    return before.reason === now.reason || now.state !== 'degraded' ? undefined : 'degraded';
  }
  switch (now.state) {
    case 'waiting_consent':
      return 'waiting';
    case 'starting':
      return undefined;
    case 'degraded':
      return isRecording(before) ? 'degraded' : begun(before);
    case 'recording':
      return isRecording(before) ? 'recovered' : begun(before);
    case 'paused':
    case 'failed':
      return now.state;
    case 'stopped':
      return before ? 'stopped' : undefined;
  }
}

function begun(before: RecordingState | null): RecordingNews {
  return before?.state === 'paused' ? 'resumed' : 'started';
}

/** The answer can be another one later; a notice is no question. */
export function mayChangeConsent({ state, question, accepted }: RoomRecording): boolean {
  return state !== null && question === undefined && accepted !== undefined;
}
