/** Server-side recording: all that is public of recorder/ (docs/recording.md). */
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
export type {
  ConsentRule,
  GapReason,
  ManifestLine,
  RecordedCodec,
  TrackSource,
} from './manifest/lines.js';
export { type ComposingCost, type ComposingOptions, measureComposing } from './render/measure.js';
export { Renderer, type RendererOptions } from './render/renderer.js';
export type { PartStore, RecordingStore, StoredPart, UploadRef } from './store.js';
