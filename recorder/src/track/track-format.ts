import type { BuiltFrame } from '../ingest/format.js';
import { opusChannels, opusHead } from '../ingest/opus.js';
import type { RecordedCodec } from '../manifest/lines.js';
import type { TrackFormat } from '../mux/matroska-head.js';

/** What a file says of its track, by the key frame that it begins with. */
export function formatOf(codec: RecordedCodec, frame: BuiltFrame): TrackFormat {
  if (codec === 'opus') {
    const channels = opusChannels(frame.parts[0] ?? new Uint8Array());
    return { codec, channels, codecPrivate: opusHead(channels) };
  }
  const { codecPrivate, width, height } = frame;
  return {
    codec,
    ...(codecPrivate ? { codecPrivate } : {}),
    ...(width && height ? { width, height } : {}),
  };
}
