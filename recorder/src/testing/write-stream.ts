/** A stream of packets as the file that it becomes, cluster by cluster, without an end. For tests. */
import { sizeOf } from '../ingest/format.js';
import { TrackMuxer } from '../mux/track-muxer.js';
import { clockRateOf, type TappedCodec, type TappedPacket } from '../tapped.js';
import { FrameSource } from '../track/frame-source.js';
import { formatOf } from '../track/track-format.js';

export interface WrittenStream {
  bytes: Buffer;
  /** Where head and first cluster end. */
  firstClusterEnd: number;
  muxer: TrackMuxer;
}

/** A cluster for each six frames; times from 5000 ms on. */
export function writeStream(codec: TappedCodec, packets: readonly TappedPacket[]): WrittenStream {
  let muxer: TrackMuxer | null = null;
  let startMs = 0;
  const pieces: Buffer[] = [];
  const source = new FrameSource(codec, (event) => {
    if (event.type !== 'frame') return;
    const ms = (event.timestamp * 1000) / clockRateOf(codec);
    if (!muxer) startMs = ms - 5000;
    muxer ??= new TrackMuxer(formatOf(codec, event.frame));
    const { parts, isKey } = event.frame;
    muxer.push({ ms: ms - startMs, parts, bytes: sizeOf(parts), isKey });
    const piece = muxer.frames % 6 === 0 && muxer.take();
    if (piece) pieces.push(piece);
  });
  for (const packet of packets) source.push(packet);
  source.flush();
  if (!muxer) throw new Error('no frame came out');
  const written = muxer as TrackMuxer;
  const rest = written.take();
  if (rest) pieces.push(rest);
  return {
    bytes: Buffer.concat(pieces),
    firstClusterEnd: pieces[0]?.length ?? 0,
    muxer: written,
  };
}
