/** What an RTP m-line says, read out of its attributes (RFC 8866, 8285, 5576, 8851, 8853). */
import { reject } from './reject.js';
import { attributeOf, attributesOf, type Media, type Section } from './sdp.js';

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface RtpCodec {
  payloadType: number;
  /** Lower case: `vp8`, `rtx`. */
  name: string;
  clockRate: number;
  /** 1 when not given. */
  channels: number;
  /** Format parameters, names in lower case. */
  parameters: ReadonlyMap<string, string>;
  /** `nack`, `nack pli`, `transport-cc` … */
  feedback: ReadonlySet<string>;
}

export interface HeaderExtension {
  id: number;
  uri: string;
  /** Whether whoever wrote the description sends or receives it (RFC 8285 §5). */
  direction: MediaDirection;
}

/** One `a=ssrc` source with its RTX partner; 0 where there is none. */
export interface Source {
  ssrc: number;
  rtxSsrc: number;
}

export interface RtpMedia {
  mid: string;
  kind: 'audio' | 'video';
  direction: MediaDirection;
  /** In the order of preference of the m-line. */
  codecs: RtpCodec[];
  extensions: HeaderExtension[];
  sources: Source[];
  /** RIDs of `a=simulcast:send` in order of the list, alternatives left out. */
  sendRids: string[];
  rtcpMux: boolean;
  /** Part of the group only (RFC 9143 §6): what the group needs may stand in its first m-line. */
  bundleOnly: boolean;
}

/** SSRCs of one participant's m-line, 4 encodings with RTX and some room (security.md §2). */
const MAX_SSRC_LINES = 64;

/** RFC 8843 and RFC 8285: what fits into a one-byte header extension element. */
export function readMid(media: Media): string {
  const mid = attributeOf(media, 'mid');
  if (mid === undefined || !/^[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,16}$/.test(mid)) {
    reject('an m-line without a mid of 1 to 16 token characters');
  }
  return mid;
}

/** An m-line that takes part: not refused and not ended (RFC 8843 §6: bundle-only has port 0). */
export function isLive(media: Media): boolean {
  return media.port !== 0 || attributeOf(media, 'bundle-only') !== undefined;
}

/** @throws PlenumError `sdp_rejected`. */
export function readRtpMedia(media: Media): RtpMedia {
  if (media.kind !== 'audio' && media.kind !== 'video') reject('an m-line of another kind');
  return {
    mid: readMid(media),
    kind: media.kind,
    direction: readDirection(media),
    codecs: readCodecs(media),
    extensions: readExtensions(media),
    sources: readSources(media),
    sendRids: readSendRids(media),
    rtcpMux: attributeOf(media, 'rtcp-mux') !== undefined,
    bundleOnly: attributeOf(media, 'bundle-only') !== undefined,
  };
}

function readDirection(media: Section): MediaDirection {
  const names: MediaDirection[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];
  return names.find((name) => attributeOf(media, name) !== undefined) ?? 'sendrecv';
}

function readCodecs(media: Media): RtpCodec[] {
  const codecs = new Map<number, RtpCodec>();
  const parameters = readParameters(media);
  const feedback = readFeedback(media);
  for (const value of attributesOf(media, 'rtpmap')) {
    const match = /^(\d{1,3}) ([A-Za-z0-9._-]{1,32})\/(\d{1,9})(?:\/(\d{1,2}))?$/.exec(value);
    if (!match) reject('a malformed rtpmap');
    const payloadType = Number(match[1]);
    if (codecs.has(payloadType)) reject('a payload type is mapped twice');
    codecs.set(payloadType, {
      payloadType,
      name: (match[2] as string).toLowerCase(),
      clockRate: Number(match[3]),
      channels: Number(match[4] ?? 1),
      parameters: parameters.get(match[1] as string) ?? new Map(),
      feedback: feedback(match[1] as string),
    });
  }
  return orderedByFormat(media, codecs);
}

function orderedByFormat(media: Media, codecs: ReadonlyMap<number, RtpCodec>): RtpCodec[] {
  if (new Set(media.formats).size !== media.formats.length) reject('a payload type twice');
  return media.formats.flatMap((format) => {
    const payloadType = Number(format);
    // RFC 5761 §4: 64–95 cannot be told from RTCP on one port.
    const isUsable = payloadType <= 127 && (payloadType < 64 || payloadType > 95);
    return isUsable ? (codecs.get(payloadType) ?? []) : [];
  });
}

function readParameters(media: Media): Map<string, Map<string, string>> {
  const byPayloadType = new Map<string, Map<string, string>>();
  for (const value of attributesOf(media, 'fmtp')) {
    const [, payloadType = '', text = ''] = /^(\d{1,3}) (.*)$/.exec(value) ?? reject('a bad fmtp');
    const pairs = text.split(';').map((pair): [string, string] => {
      const [name = '', ...rest] = pair.trim().split('=');
      return [name.toLowerCase(), rest.join('=')];
    });
    byPayloadType.set(payloadType, new Map(pairs));
  }
  return byPayloadType;
}

function readFeedback(media: Media): (payloadType: string) => Set<string> {
  const entries = attributesOf(media, 'rtcp-fb').map((value) => {
    const match = /^(\*|\d{1,3}) (.+)$/.exec(value);
    if (!match) reject('a malformed rtcp-fb');
    return { payloadType: match[1], feedback: (match[2] as string).trim() };
  });
  return (payloadType) =>
    new Set(
      entries
        .filter((entry) => entry.payloadType === '*' || entry.payloadType === payloadType)
        .map((entry) => entry.feedback),
    );
}

function readExtensions(media: Media): HeaderExtension[] {
  return attributesOf(media, 'extmap').flatMap((value) => {
    const match = /^(\d{1,5})(?:\/(sendrecv|sendonly|recvonly|inactive))? (\S+)/.exec(value);
    if (!match) reject('a malformed extmap');
    // A two-byte id: no client that we know needs one, and every packet would pay for it.
    const id = Number(match[1]);
    const direction = (match[2] ?? 'sendrecv') as MediaDirection;
    return id >= 1 && id <= 14 ? { id, uri: match[3] as string, direction } : [];
  });
}

function readSources(media: Media): Source[] {
  const lines = attributesOf(media, 'ssrc');
  if (lines.length > MAX_SSRC_LINES) reject(`more than ${MAX_SSRC_LINES} ssrc lines`);
  const ssrcs = new Set(lines.map((value) => readSsrc(value.split(' ', 1)[0] ?? '')));
  const rtxOf = new Map<number, number>();
  for (const value of attributesOf(media, 'ssrc-group')) {
    const [semantics, ...members] = value.trim().split(' ');
    // RFC 8627: repair that we do not take.
    if (semantics === 'FEC-FR')
      for (const repair of members.slice(1)) ssrcs.delete(readSsrc(repair));
    if (semantics !== 'FID') continue;
    if (members.length !== 2) reject('an FID group that is no pair');
    rtxOf.set(readSsrc(members[0] as string), readSsrc(members[1] as string));
  }
  for (const rtxSsrc of rtxOf.values()) ssrcs.delete(rtxSsrc);
  return [...ssrcs].map((ssrc) => ({ ssrc, rtxSsrc: rtxOf.get(ssrc) ?? 0 }));
}

function readSsrc(text: string): number {
  const ssrc = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (ssrc < 1 || ssrc > 0xffffffff) reject('a malformed ssrc');
  return ssrc;
}

function readSendRids(media: Media): string[] {
  const [, list = ''] = /(?:^|\s)send (\S+)/.exec(attributeOf(media, 'simulcast') ?? '') ?? [];
  const declared = new Set(
    attributesOf(media, 'rid')
      .map((value) => /^([A-Za-z0-9_-]{1,16}) send(?: |$)/.exec(value)?.[1])
      .filter((rid) => rid !== undefined),
  );
  const rids = list === '' ? [] : list.split(';').map((choice) => firstChoice(choice));
  if (new Set(rids).size !== rids.length) reject('a rid twice in one simulcast list');
  if (rids.some((rid) => !declared.has(rid))) reject('simulcast names a rid that is not declared');
  return rids;
}

/** RFC 8853 §5.1: alternatives are separated by commas, a leading ~ means paused at first. */
function firstChoice(choice: string): string {
  return (choice.split(',', 1)[0] ?? '').replace(/^~/, '');
}
