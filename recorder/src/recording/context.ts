/** What all recordings of a recorder share. */
import type { RecorderClock } from '../clock.js';
import type { DiskWatch } from '../disk/disk-watch.js';
import type { GapReason } from '../manifest/lines.js';
import type { FileLayer } from '../sink/file-layer.js';
import type { WriteMemory } from '../sink/track-file.js';
import type { RecordingStore } from '../store.js';
import type { Places } from '../upload/places.js';

/** A line for operators: what happened, and facts that name nobody. */
export type RecorderLog = (
  level: 'info' | 'warn' | 'error',
  message: string,
  facts: Record<string, unknown>,
) => void;

export interface RecorderContext {
  readonly recorderId: string;
  /** Holds `recordings/`. */
  readonly folder: string;
  readonly files: FileLayer;
  readonly store: RecordingStore;
  readonly clock: RecorderClock;
  /** The engine's clock, µs. */
  nowUs(): number;
  readonly log: RecorderLog;
  readonly disk: DiskWatch;
  readonly places: Places;
  readonly partBytes: number;
  readonly memory: WriteMemory;
  readonly newId: () => string;
  /** Whether one more track is taken. */
  hasTrackRoom(): boolean;
  readonly counters: RecorderCounters;
}

export interface RecorderCounters {
  packets: number;
  framesWritten: number;
  framesReceived: number;
  /** Of what was missing, by reason. */
  gapMs: Record<GapReason, number>;
  uploadedBytes: number;
  uploadFailures: number;
  writeFailures: number;
  /** Times that packets of a track said what could not be dealt with. */
  packetFailures: number;
  recovered: number;
  /** That a killed process left, and that could not be read. */
  filesGivenUp: number;
}

/** Where a take lies: in the folder, and in the store. */
export function takeKey(recordingId: string, take: number): string {
  return `recordings/${recordingId}/${take}`;
}
