/** Codecs of transports that negotiate nothing: what both ends were told beforehand. */
import { PlenumError } from '../errors.js';
import { type CodecName, FORMATS, formatOf, type NegotiatedCodec, NO_RTX } from './codecs.js';

export interface DeclaredCodec {
  /** 0–127, without 64–95, which RTCP on the same port excludes (RFC 5761 §4). */
  payloadType: number;
  codec: CodecName;
  /**
   * As in an fmtp line: `packetization-mode=1;profile-level-id=42e01f`. Default: the codec's first
   * format (constrained baseline for H.264).
   */
  parameters?: string;
  /** What the other end hears. Default: nothing. `nack` is answered by RTX alone. */
  feedback?: readonly ('nack' | 'pli' | 'fir')[];
  /** RFC 4588. Default: none. */
  rtxPayloadType?: number;
}

/** @throws PlenumError `bad_request`, `codec_unsupported`. */
export function readDeclared(
  kind: 'audio' | 'video',
  codecs: readonly DeclaredCodec[],
): NegotiatedCodec[] {
  if (codecs.length === 0) throw new PlenumError('bad_request', 'no codec is declared');
  const types = codecs.flatMap(({ payloadType, rtxPayloadType }) =>
    rtxPayloadType === undefined ? [payloadType] : [payloadType, rtxPayloadType],
  );
  if (new Set(types).size !== types.length || !types.every(isPayloadType)) {
    throw new PlenumError('bad_request', 'payload types are 0 to 63 and 96 to 127, each once');
  }
  return codecs.map((codec) => negotiated(kind, codec));
}

function negotiated(kind: 'audio' | 'video', declared: DeclaredCodec): NegotiatedCodec {
  const { payloadType, codec, rtxPayloadType = NO_RTX, feedback = [] } = declared;
  const usual = FORMATS.find(({ name }) => name === codec);
  if (usual?.kind !== kind) throw new PlenumError('codec_unsupported', `${codec} is no ${kind}`);
  const { clockRate, channels } = usual;
  const parameters = readParameters(declared.parameters ?? usual.parameters);
  const format = formatOf({
    ...{ payloadType, name: codec, clockRate, channels, parameters },
    feedback: new Set(),
  });
  if (format < 0) throw new PlenumError('codec_unsupported', `${codec} of this kind`);
  return {
    ...{ payloadType, codec, clockRate, channels, rtxPayloadType, format },
    nack: feedback.includes('nack'),
    pli: feedback.includes('pli'),
    fir: feedback.includes('fir'),
    transportCc: false,
  };
}

/** Of an fmtp line. */
export function readParameters(text: string): Map<string, string> {
  const pairs = text.split(';').map((pair) => pair.trim().split('='));
  return new Map(pairs.map(([name = '', value = '']) => [name.toLowerCase(), value]));
}

function isPayloadType(value: number): boolean {
  return Number.isInteger(value) && ((value >= 0 && value < 64) || (value >= 96 && value < 128));
}
