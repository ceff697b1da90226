/**
 * The codecs that the node forwards, when two of them are the same, and how they are written. It
 * never decodes: "supported" means that the native core knows where frames and key frames begin.
 */
import type { RtpCodec } from './rtp-media.js';
import type { Attribute } from './sdp.js';

export type CodecName = 'opus' | 'vp8' | 'vp9' | 'h264' | 'av1';

/** What the engine is told about a codec of an m-line (`Codec` of the engine contract). */
export interface NegotiatedCodec {
  payloadType: number;
  /** `red`: Opus with earlier frames beside it (RFC 2198); an m-line has it at most once. */
  codec: CodecName | 'red';
  clockRate: number;
  channels: number;
  /** NO_RTX when lost packets cannot be sent again. */
  rtxPayloadType: number;
  /** Index in FORMATS: what has the same can be forwarded into each other. */
  format: number;
  nack: boolean;
  pli: boolean;
  fir: boolean;
  transportCc: boolean;
}

/** In place of a payload type: there is no RTX. */
export const NO_RTX = 255;

type H264Profile = 'constrained-baseline' | 'baseline' | 'main' | 'high';

/**
 * One thing that can be forwarded: a publication's packets of one format may go out under every
 * payload type of the same format. The index in FORMATS is `Codec.format` of the engine contract.
 */
interface CodecFormat {
  name: CodecName | 'red';
  kind: 'audio' | 'video';
  /** As written in rtpmap. */
  encoding: string;
  clockRate: number;
  channels: number;
  /** As written in fmtp. Empty: no fmtp line, or, for `red`, one that names payload types. */
  parameters: string;
  profile?: H264Profile;
}

function videoFormat(name: CodecName, encoding: string, parameters: string): CodecFormat {
  return { name, kind: 'video', encoding, clockRate: 90_000, channels: 1, parameters };
}

function h264Format(profile: H264Profile, profileLevelId: string): CodecFormat {
  const common = 'level-asymmetry-allowed=1;packetization-mode=1';
  const parameters = `${common};profile-level-id=${profileLevelId}`;
  return { ...videoFormat('h264', 'H264', parameters), profile };
}

/** Level 3.1 for all: what browsers offer; with level asymmetry it limits nobody. */
export const FORMATS: readonly CodecFormat[] = [
  {
    name: 'opus',
    kind: 'audio',
    encoding: 'opus',
    clockRate: 48_000,
    channels: 2,
    parameters: 'minptime=10;useinbandfec=1',
  },
  videoFormat('vp8', 'VP8', ''),
  videoFormat('vp9', 'VP9', 'profile-id=0'),
  h264Format('constrained-baseline', '42e01f'),
  h264Format('baseline', '42001f'),
  h264Format('main', '4d001f'),
  h264Format('high', '64001f'),
  videoFormat('av1', 'AV1', 'level-idx=5;profile=0;tier=0'),
  { name: 'red', kind: 'audio', encoding: 'red', clockRate: 48_000, channels: 2, parameters: '' },
];

const RED_FORMAT = FORMATS.findIndex(({ name }) => name === 'red');

/** The feedback that the engine gives and takes, in the order in which it is written. */
const FEEDBACK = ['transport-cc', 'ccm fir', 'nack', 'nack pli'] as const;

/** Index in FORMATS, or -1 when the codec cannot be forwarded. */
export function formatOf(codec: RtpCodec): number {
  const { name, clockRate, channels } = codec;
  return FORMATS.findIndex(
    (format) =>
      format.name === name &&
      format.clockRate === clockRate &&
      format.channels === channels &&
      hasSameProfile(format, codec),
  );
}

function hasSameProfile(format: CodecFormat, { parameters }: RtpCodec): boolean {
  switch (format.name) {
    case 'vp9':
      return (parameters.get('profile-id') ?? '0') === '0';
    case 'av1':
      return (parameters.get('profile') ?? '0') === '0';
    case 'h264':
      return (
        parameters.get('packetization-mode') === '1' &&
        h264ProfileOf(parameters.get('profile-level-id')) === format.profile
      );
    default:
      return true;
  }
}

/** RFC 6184 §8.1, table 5; without a profile-level-id it is baseline. */
function h264ProfileOf(profileLevelId = '42000a'): H264Profile | null {
  if (!/^[0-9a-f]{6}$/i.test(profileLevelId)) return null;
  const idc = Number.parseInt(profileLevelId.slice(0, 2), 16);
  const constraints = Number.parseInt(profileLevelId.slice(2, 4), 16);
  const isSet = (flag: number) => (constraints & (0x80 >> flag)) !== 0;
  if (idc === 0x42) return isSet(1) ? 'constrained-baseline' : 'baseline';
  if (idc === 0x4d) return isSet(0) ? 'constrained-baseline' : 'main';
  if (idc === 0x58) return isSet(0) && isSet(1) ? 'constrained-baseline' : null;
  // 0x0c: constrained high, which every decoder of high plays.
  return idc === 0x64 && (constraints === 0 || constraints === 0x0c) ? 'high' : null;
}

/** Of one m-line; browsers offer up to 12 that we know. The engine refuses more than 32. */
const MAX_CODECS = 24;

/**
 * What both sides can use of an m-line's codecs, in its order; each with its RTX. RED comes before
 * its Opus, whatever the client's order: a browser sends it when the answer prefers it. Beside it
 * nobody asks for lost packets again: they come with the next one.
 */
export function acceptCodecs(codecs: readonly RtpCodec[]): NegotiatedCodec[] {
  const accepted = codecs
    .filter(({ name }) => name !== 'red')
    .flatMap((codec) => {
      const format = formatOf(codec);
      return format < 0 ? [] : contractCodec(codec, format, rtxOf(codec, codecs));
    })
    .slice(0, MAX_CODECS - 1);
  const red = redOf(codecs, accepted);
  if (!red) return accepted;
  return [red, ...accepted.map((codec) => ({ ...codec, nack: false, rtxPayloadType: NO_RTX }))];
}

/** RED that carries nothing but the first Opus of the m-line (RFC 2198 §5: `fmtp:63 111/111`). */
function redOf(
  codecs: readonly RtpCodec[],
  accepted: readonly NegotiatedCodec[],
): NegotiatedCodec | undefined {
  const opus = accepted.find(({ codec }) => codec === 'opus')?.payloadType;
  const red = codecs.find((codec) => {
    const [blocks = ''] = codec.parameters.keys();
    const isOfOpus = /^\d+(\/\d+)+$/.test(blocks) && new Set(blocks.split('/')).size === 1;
    return formatOf(codec) === RED_FORMAT && isOfOpus && blocks.startsWith(`${opus}/`);
  });
  return red && { ...contractCodec(red, RED_FORMAT, NO_RTX), nack: false };
}

/** RFC 4588 §8.6: `apt` names the payload type that is retransmitted. */
function rtxOf({ payloadType, clockRate }: RtpCodec, codecs: readonly RtpCodec[]): number {
  const rtx = codecs.find(
    (codec) =>
      codec.name === 'rtx' &&
      codec.clockRate === clockRate &&
      codec.parameters.get('apt') === String(payloadType),
  );
  return rtx?.payloadType ?? NO_RTX;
}

function contractCodec(codec: RtpCodec, format: number, rtxPayloadType: number): NegotiatedCodec {
  const { payloadType, clockRate, channels, feedback } = codec;
  return {
    payloadType,
    codec: (FORMATS[format] as CodecFormat).name,
    clockRate,
    channels,
    rtxPayloadType,
    format,
    nack: feedback.has('nack'),
    pli: feedback.has('nack pli'),
    fir: feedback.has('ccm fir'),
    transportCc: feedback.has('transport-cc'),
  };
}

/** All payload types of these codecs, RTX behind what it repairs. */
export function payloadTypesOf(codecs: readonly NegotiatedCodec[]): string[] {
  return codecs.flatMap(({ payloadType, rtxPayloadType }) =>
    rtxPayloadType === NO_RTX ? [`${payloadType}`] : [`${payloadType}`, `${rtxPayloadType}`],
  );
}

/**
 * The rtpmap, rtcp-fb and fmtp lines of these codecs of one m-line. `direction`: whether we receive
 * them, and so may ask for silence not to be sent (RFC 7587 §6.1), or send them.
 */
export function codecAttributes(
  codecs: readonly NegotiatedCodec[],
  direction: 'receive' | 'send',
): Attribute[] {
  return codecs.flatMap((codec) => {
    const { payloadType, rtxPayloadType } = codec;
    const { encoding, clockRate, channels } = FORMATS[codec.format] as CodecFormat;
    const parameters = parametersOf(codec, codecs, direction);
    const suffix = channels > 1 ? `/${channels}` : '';
    const rows: Attribute[] = [
      { name: 'rtpmap', value: `${payloadType} ${encoding}/${clockRate}${suffix}` },
      ...feedbackOf(codec).map((value) => ({ name: 'rtcp-fb', value: `${payloadType} ${value}` })),
    ];
    if (parameters !== '') rows.push({ name: 'fmtp', value: `${payloadType} ${parameters}` });
    if (rtxPayloadType === NO_RTX) return rows;
    return [
      ...rows,
      { name: 'rtpmap', value: `${rtxPayloadType} rtx/${clockRate}` },
      { name: 'fmtp', value: `${rtxPayloadType} apt=${payloadType}` },
    ];
  });
}

function parametersOf(
  { codec, format }: NegotiatedCodec,
  codecs: readonly NegotiatedCodec[],
  direction: 'receive' | 'send',
): string {
  const { parameters } = FORMATS[format] as CodecFormat;
  if (codec === 'opus' && direction === 'receive') return `${parameters};usedtx=1`;
  if (codec !== 'red') return parameters;
  const opus = codecs.find((other) => other.codec === 'opus')?.payloadType;
  return `${opus}/${opus}`;
}

function feedbackOf({ transportCc, fir, nack, pli }: NegotiatedCodec): string[] {
  const isOn = [transportCc, fir, nack, pli];
  return FEEDBACK.filter((_, index) => isOn[index]);
}

/** First of the dynamic payload types (RFC 3551 §3) that our own offers use. */
const FIRST_PAYLOAD_TYPE = 96;

/** What we offer to subscribers: everything that a publisher may send, fixed payload types. */
export function offeredCodecs(kind: 'audio' | 'video'): NegotiatedCodec[] {
  return FORMATS.flatMap((format, index): NegotiatedCodec[] => {
    if (format.kind !== kind) return [];
    const isVideo = kind === 'video';
    const payloadType = FIRST_PAYLOAD_TYPE + 2 * index;
    return [
      {
        payloadType,
        codec: format.name,
        clockRate: format.clockRate,
        channels: format.channels,
        rtxPayloadType: isVideo ? payloadType + 1 : NO_RTX,
        format: index,
        nack: isVideo,
        pli: isVideo,
        fir: isVideo,
        transportCc: true,
      },
    ];
  });
}
