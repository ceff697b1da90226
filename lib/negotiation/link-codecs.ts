/**
 * What crosses between two nodes: every format under a payload type of its own, the same in each
 * direction and for each publication, and header extensions under fixed ids. Nothing is negotiated:
 * numbers are never given another meaning, only new ones added, so that nodes of two releases meet.
 */
import { PlenumError } from '../errors.js';
import {
  type CodecName,
  FORMATS,
  formatOf,
  type NegotiatedCodec,
  NO_RTX,
  offeredCodecs,
} from './codecs.js';
import { readParameters } from './declared-codecs.js';
import type { NegotiatedExtension } from './extensions.js';

/** A codec of a publication, as it crosses. */
export interface LinkCodec {
  /** `red`: Opus with earlier frames beside it (RFC 2198). */
  codec: CodecName | 'red';
  /** As in an fmtp line. */
  parameters: string;
  payloadType: number;
  /** RFC 4588; earlier releases say none for `red`. */
  rtxPayloadType?: number;
}

/** What says something about the media itself. */
export const LINK_EXTENSIONS: readonly NegotiatedExtension[] = [
  { id: 1, kind: 'audio_level' },
  { id: 2, kind: 'abs_capture_time' },
  { id: 3, kind: 'video_orientation' },
  { id: 4, kind: 'playout_delay' },
  { id: 5, kind: 'video_content_type' },
  { id: 6, kind: 'video_timing' },
  { id: 7, kind: 'color_space' },
  { id: 8, kind: 'dependency_descriptor' },
];

/** All that a stream of this kind may be sent as. */
export function linkCodecs(kind: 'audio' | 'video'): NegotiatedCodec[] {
  return offeredCodecs(kind).map((codec) => ({
    ...codec,
    rtxPayloadType: codec.payloadType + 1,
    nack: true,
    pli: kind === 'video',
    fir: false,
    transportCc: false,
  }));
}

/** Those of them that a publisher may send, in its order. */
export function describeLinkCodecs(
  kind: 'audio' | 'video',
  published: readonly NegotiatedCodec[],
): LinkCodec[] {
  const formats = new Set(published.map(({ format }) => format));
  const known = linkCodecs(kind);
  return [...formats].flatMap((format) => {
    const codec = known.find((one) => one.format === format);
    if (!codec) return [];
    const { payloadType, rtxPayloadType } = codec;
    return {
      codec: codec.codec,
      parameters: FORMATS[format]?.parameters ?? '',
      payloadType,
      rtxPayloadType,
    };
  });
}

/** @throws PlenumError `codec_unsupported` where none of them is known here. */
export function readLinkCodecs(
  kind: 'audio' | 'video',
  codecs: readonly LinkCodec[],
): NegotiatedCodec[] {
  const known = linkCodecs(kind);
  const read = codecs.flatMap(({ codec: name, parameters, payloadType, rtxPayloadType }) => {
    const usual = FORMATS.find((format) => format.name === name);
    if (usual?.kind !== kind) return [];
    const { clockRate, channels } = usual;
    const format = formatOf({
      ...{ payloadType, name, clockRate, channels, feedback: new Set() },
      parameters: readParameters(parameters),
    });
    const codec = known.find((one) => one.format === format);
    if (!codec) return [];
    const nack = rtxPayloadType !== undefined;
    return { ...codec, payloadType, rtxPayloadType: rtxPayloadType ?? NO_RTX, nack };
  });
  if (read.length > 0) return read;
  throw new PlenumError('codec_unsupported', `no codec of this ${kind} is known here`);
}
