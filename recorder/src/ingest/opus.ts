/**
 * Opus in RTP: a payload is a packet (RFC 7587 §4.2). Its first byte says what is in it (RFC 6716 §3.1):
 *
 *   0 1 2 3 4 5 6 7
 *  | config  |s| c |   config: mode, bandwidth, frame size; s: stereo; c: how many frames
 */

/** By config, in µs. */
const FRAME_US = [
  ...[10_000, 20_000, 40_000, 60_000, 10_000, 20_000, 40_000, 60_000],
  ...[10_000, 20_000, 40_000, 60_000, 10_000, 20_000, 10_000, 20_000],
  ...[2_500, 5_000, 10_000, 20_000, 2_500, 5_000, 10_000, 20_000],
  ...[2_500, 5_000, 10_000, 20_000, 2_500, 5_000, 10_000, 20_000],
];

/** How long a packet sounds; 0: it is none. RFC 6716 §3.2.5: at most 120 ms. */
export function opusDurationUs(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) return 0;
  const frameUs = FRAME_US[toc >> 3] ?? 0;
  const code = toc & 3;
  if (code === 0) return frameUs;
  if (code < 3) return 2 * frameUs;
  const durationUs = frameUs * ((packet[1] ?? 0) & 0x3f);
  return durationUs <= 120_000 ? durationUs : 0;
}

/** Samples at 48 kHz by which encoders are behind (libopus, all modes of speech and music): 6.5 ms. */
export const OPUS_PRE_SKIP = 312;

/** The identification header (RFC 7845 §5.1), which is Matroska's CodecPrivate. */
export function opusHead(channels: 1 | 2): Uint8Array {
  const head = Buffer.alloc(19);
  head.write('OpusHead', 0, 'latin1');
  head[8] = 1;
  head[9] = channels;
  head.writeUInt16LE(OPUS_PRE_SKIP, 10);
  head.writeUInt32LE(48_000, 12);
  return head;
}
