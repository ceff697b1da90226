/** How a codec's pictures lie in RTP payloads, and what a file needs to know of them. */

/** One picture, or piece of sound, as it goes into a file. */
export interface BuiltFrame {
  /** In this order, they are the block. Views of payloads where they can be. */
  parts: Uint8Array[];
  isKey: boolean;
  /** Pixels; with a key frame. */
  width?: number;
  height?: number;
  /** What Matroska calls CodecPrivate; with a key frame, and only of codecs that have it. */
  codecPrivate?: Uint8Array;
}

export interface PictureFormat {
  /** Whether a picture from which a decoder can begin begins in this packet. */
  beginsKeyFrame(payload: Uint8Array): boolean;
  /**
   * The payloads of one picture, all, in order, none of them empty.
   * Null: they are no picture of this codec. Never throws.
   */
  build(payloads: readonly Uint8Array[]): BuiltFrame | null;
}

/** A picture of more is no picture of a meeting: units of a few bytes each would cost many times what they bring. */
export const MAX_UNITS = 1024;

export function sizeOf(parts: readonly Uint8Array[]): number {
  let size = 0;
  for (const part of parts) size += part.length;
  return size;
}
