/**
 * What a recording shows when each of its layers is decoded by itself, without an SFU: every
 * picture that a subscriber sees must be one of these, to the bit. So a wrong reference shows even
 * where a decoder does not complain.
 */
import type { RtpPacket } from '../../lib/testing/rtp.js';
import { isRtcp, readRtp } from '../../lib/testing/rtp.js';
import { type Decoded, decode } from './decoder.js';
import { av1UpTo, framesOf, vp9Layers } from './frames.js';
import type { Recording } from './recording.js';

const SPATIAL_LAYERS = 3;

export interface References {
  /** Of every layer. */
  pictures: ReadonlySet<string>;
  /** What the decoder complained about in the recording itself. */
  errors: number;
}

/** `path`: of a file that may be written over and over. */
export async function referencesOf(recording: Recording, path: string): Promise<References> {
  const pictures = new Set<string>();
  let errors = 0;
  for (const layer of layersOf(recording)) {
    const decoded: Decoded = await decode(recording.codec, layer, path);
    for (const picture of decoded.pictures) pictures.add(picture);
    errors += decoded.errors.length;
  }
  return { pictures, errors };
}

function layersOf(recording: Recording) {
  const { codec } = recording;
  return mediaOf(recording).flatMap((stream) => {
    if (codec === 'vp9') {
      return spatialLayers((layer) =>
        framesOf(
          codec,
          stream.filter(({ payload }) => vp9Layers(payload).spatial <= layer),
        ),
      );
    }
    if (codec === 'av1') return spatialLayers((layer) => av1UpTo(layer, framesOf(codec, stream)));
    return [framesOf(codec, stream)];
  });
}

/** Layers that do not exist repeat the one below, at the price of decoding it again. */
function spatialLayers<T>(select: (layer: number) => T): T[] {
  return Array.from({ length: SPATIAL_LAYERS }, (_, layer) => select(layer));
}

/** The media packets of each SSRC, in order of their numbers, each once. */
export function mediaOf({ packets, payloadType }: Recording): RtpPacket[][] {
  const streams = new Map<number, Map<number, RtpPacket>>();
  for (const { bytes } of packets) {
    if (isRtcp(bytes)) continue;
    const packet = readRtp(bytes);
    if (packet.payloadType !== payloadType || packet.payload.length === 0) continue;
    const stream = streams.get(packet.ssrc) ?? new Map<number, RtpPacket>();
    streams.set(packet.ssrc, stream);
    stream.set(unwrapped(packet.sequence, [...stream.keys()].at(-1)), packet);
  }
  return [...streams.values()].map((stream) =>
    [...stream].sort(([a], [b]) => a - b).map(([, packet]) => packet),
  );
}

/** Nearest to the one before (RFC 3550 A.1). */
function unwrapped(sequence: number, near = sequence): number {
  const distance = (((sequence - near) & 0xffff) ^ 0x8000) - 0x8000;
  return near + distance;
}

/** Numbers that are missing in the recording itself. */
export function missingIn(recording: Recording): number {
  return mediaOf(recording).reduce((missing, stream) => {
    const steps = stream.slice(1).map((packet, index) => {
      const step = (packet.sequence - (stream[index]?.sequence ?? 0)) & 0xffff;
      return step - 1;
    });
    return missing + steps.reduce((sum, step) => sum + step, 0);
  }, 0);
}
