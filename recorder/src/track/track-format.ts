import type { BuiltFrame } from '../ingest/format.js';
import { opusHead } from '../ingest/opus.js';
import type { RecordedCodec } from '../manifest/lines.js';
import type { TrackFormat } from '../mux/matroska-head.js';

/** What a file says of its track, by the key frame that it begins with. */
export function formatOf(codec: RecordedCodec, frame: BuiltFrame): TrackFormat {
  if (codec === 'opus') {
    // Packets of one channel and of two may follow each other; a decoder makes two of each (RFC 7845 §5.1).
    return { codec, channels: 2, codecPrivate: opusHead(2) };
  }
  const { codecPrivate, width, height } = frame;
  return {
    codec,
    ...(codecPrivate ? { codecPrivate } : {}),
    ...(width && height ? { width, height } : {}),
  };
}
