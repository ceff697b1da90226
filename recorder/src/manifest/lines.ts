/**
 * The manifest of a recording: `manifest.jsonl`, one JSON object a line, appended and never changed.
 * It is all that composing and playback need beside the track files. Times `t`, `from`, `to` are
 * milliseconds of recorded time (three decimals at most): 0 is where the recording begins, and it stands still while it is
 * paused. A line that cannot be read, or of a type that is not known, is passed over.
 */

export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screen_audio';
export type RecordedCodec = 'opus' | 'vp8' | 'vp9' | 'av1' | 'h264';
export type ConsentRule = 'inform' | 'ask_each' | 'all_must_accept';

/** Why media of a track is missing. */
export type GapReason =
  /** Packets that were lost for good. */
  | 'loss'
  /** The publisher's connection, or the way between the nodes, or to the recorder: also where that opens at the beginning. */
  | 'silence'
  /** The publisher's node was lost, or the room moved. */
  | 'node'
  /** The recorder was killed or started anew, or another one went on. */
  | 'recorder'
  /** No space: video is given up before audio. Or it was written, and the disk does not give it back. */
  | 'disk'
  /** The recorder did not keep up, or has more tracks than it records. */
  | 'overload'
  /** Frames that came before the first key frame, or after one was lost. */
  | 'key_frame';

/** First line of each file of a recording: it is in every take's own file. */
export interface RecordingLine {
  type: 'recording';
  version: 1;
  recording_id: string;
  meeting_id: string;
  room_id: string;
  title: string;
  /** RFC 3339: when recorded time 0 was, for people. */
  started_at: string;
  consent: ConsentRule;
}

/** A recorder process begins or goes on; `epoch` is that of the room by which it was told. */
export interface TakeLine {
  type: 'take';
  t: number;
  take: number;
  epoch: number;
  recorder_id: string;
}

export interface JoinedLine {
  type: 'joined';
  t: number;
  participant_id: string;
  name: string;
}

export interface LeftLine {
  type: 'left';
  t: number;
  participant_id: string;
}

/** Who, when, which text, what answer; `accepted: null`: is being asked. */
export interface ConsentLine {
  type: 'consent';
  t: number;
  participant_id: string;
  accepted: boolean | null;
  text_version: string;
}

/** A publication that is recorded, or is to be as soon as there is room. The same id later goes on (another node, a codec, a return). */
export interface TrackLine {
  type: 'track';
  t: number;
  /** Of the publication. */
  track_id: string;
  participant_id: string;
  kind: 'audio' | 'video';
  source: TrackSource;
}

/** It is not published any more. */
export interface TrackEndLine {
  type: 'track_end';
  t: number;
  track_id: string;
  reason: string;
}

export interface MutedLine {
  type: 'muted';
  t: number;
  track_id: string;
  muted: boolean;
}

/** A file begins. Times of its blocks are recorded time, from `t` on. */
export interface FileLine {
  type: 'file';
  t: number;
  file_id: string;
  track_id: string;
  /** In the recording's folder: `<file_id>.webm` or `.mkv`. */
  name: string;
  codec: RecordedCodec;
  /** Of the first picture; it may change with a later key frame. */
  width?: number;
  height?: number;
}

/** A file is complete: it has its length and its index, and will not change. */
export interface FileEndLine {
  type: 'file_end';
  /** End of its last frame. */
  t: number;
  file_id: string;
  bytes: number;
  sha256: string;
  /** 0: nothing of it is good, and it is not stored. */
  frames: number;
  /** The disk refused to read it, and it was given up (`frames: 0`): what is in it nobody knows. It stays on that disk. */
  unread?: true;
}

/** How RTP time of a track stands to recorded time: for who wants to check. */
export interface ClockLine {
  type: 'clock';
  t: number;
  track_id: string;
  /** Unwrapped RTP timestamp that stands at `t`. */
  rtp: number;
  /** How much faster than nominal the track's clock runs. */
  skew_ppm: number;
}

export interface GapLine {
  type: 'gap';
  track_id: string;
  from: number;
  to: number;
  reason: GapReason;
}

/** Who is heard from now on; null: nobody. */
export interface SpeakerLine {
  type: 'speaker';
  t: number;
  participant_id: string | null;
}

/** Public messages only. */
export interface ChatLine {
  type: 'chat';
  t: number;
  message_id: string;
  participant_id: string;
  name: string;
  body: string;
}

/** Null: all that were said so far. */
export interface ChatDeletedLine {
  type: 'chat_deleted';
  t: number;
  message_id: string | null;
}

/** `at`: RFC 3339. Recorded time stands still between the two. */
export interface PausedLine {
  type: 'paused';
  t: number;
  at: string;
}

export interface ResumedLine {
  type: 'resumed';
  t: number;
  at: string;
}

/** The room's media is on another node from now on. */
export interface NodeLine {
  type: 'node';
  t: number;
  node_id: string;
  epoch: number;
  reason: string;
}

/** `low`: video is not written; `full`: nothing is. */
export interface DiskLine {
  type: 'disk';
  t: number;
  state: 'ok' | 'low' | 'full';
  free_bytes: number;
}

/** A file is in the object store, whole and verified. */
export interface UploadedLine {
  type: 'uploaded';
  t: number;
  file_id: string;
  key: string;
}

/**
 * Frames of a track: whole ones that were received and can be decoded; those of them that are in files; and others, which
 * never came whole or refer to what did not (where every packet is missing their number is an estimate).
 */
export interface CountsLine {
  type: 'counts';
  t: number;
  track_id: string;
  frames_received: number;
  frames_written: number;
  frames_lost?: number;
}

export interface StoppedLine {
  type: 'stopped';
  t: number;
  reason: string;
}

export type ManifestLine =
  | RecordingLine
  | TakeLine
  | JoinedLine
  | LeftLine
  | ConsentLine
  | TrackLine
  | TrackEndLine
  | MutedLine
  | FileLine
  | FileEndLine
  | ClockLine
  | GapLine
  | SpeakerLine
  | ChatLine
  | ChatDeletedLine
  | PausedLine
  | ResumedLine
  | NodeLine
  | DiskLine
  | UploadedLine
  | CountsLine
  | StoppedLine;
