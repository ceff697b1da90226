/** Server-side recording: all that is public of recorder/ (docs/recording.md). */

export type { RecorderClock } from './clock.js';
export type {
  RecordedFile,
  RecorderLoad,
  RecordingOrder,
  RecordingStatus,
  RenderInput,
  RenderLayout,
  RenderOrder,
  RenderStatus,
  RoomFact,
} from './contract.js';
export type { ReserveRule } from './disk/disk-watch.js';
export type {
  ConsentRule,
  GapReason,
  ManifestLine,
  RecordedCodec,
  TrackSource,
} from './manifest/lines.js';
export { readManifestLine } from './manifest/reader.js';
export { createRecorder, type Recorder, type RecorderOptions } from './recorder.js';
export type { RecorderLog } from './recording/context.js';
export type { Recording } from './recording/recording.js';
export { type ComposingCost, type ComposingOptions, measureComposing } from './render/measure.js';
export { Renderer, type RendererOptions } from './render/renderer.js';
export type { Span } from './render/spans.js';
export { bridged } from './render/spans.js';
export type { Timeline } from './render/timeline.js';
export { spokenBy, TimelineReading } from './render/timeline.js';
export type { PartStore, RecordingStore, StoredPart, UploadRef } from './store.js';
export type { TappedPacket, TappedPublication, TappedRoom, TappedTrack } from './tapped.js';
