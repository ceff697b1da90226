/** What one node says of a publication to another that it is sent to: plain data, as JSON has it. */
import type { TrackLayer } from './allocation/inputs.js';
import { PlenumError } from './errors.js';
import type { CodecName } from './negotiation/codecs.js';
import type { LinkCodec } from './negotiation/link-codecs.js';
import type { NegotiatedEncoding, OfferedTrack } from './negotiation/publish.js';
import type {
  DeclaredEncoding,
  LivePublication,
  MediaKind,
  TrackDeclaration,
  TrackSource,
} from './publication.js';

/** One encoding and the streams that it crosses as. */
export interface LinkEncoding extends DeclaredEncoding {
  rid: string;
  ssrc: number;
  rtxSsrc: number;
}

export interface LinkTrack {
  publicationId: string;
  participantId: string;
  cid: string;
  kind: MediaKind;
  source: TrackSource;
  muted: boolean;
  /** Of the newest packet. */
  codec: CodecName;
  /** What its packets may be, in the publisher's order. */
  codecs: LinkCodec[];
  /** Lowest first. */
  encodings: LinkEncoding[];
  /** As measured where it is published; empty: not yet. */
  layers: TrackLayer[];
}

/** What a node needs of a publication of another one: plain data. */
export interface LinkDemand {
  /** The highest encoding that anybody can show: the publisher is asked for those up to it. */
  top: number;
  /** Those that somebody gets or is to get: they cross, the others do not. Ascending. */
  encodings: readonly number[];
}

export const NO_DEMAND: LinkDemand = { top: -1, encodings: [] };

const MAX_ENCODINGS = 4;
const MAX_CODECS = 32;
/** Spatial by temporal layers. */
const MAX_LAYERS = 32;
const MAX_TEXT = 256;
const SOURCES: Record<MediaKind, readonly TrackSource[]> = {
  audio: ['microphone', 'screen_audio'],
  video: ['camera', 'screen'],
};

/** Rates apart, which move all the time. */
export function hasSameShape(a: LinkTrack, b: LinkTrack): boolean {
  const shape = ({ layers, ...rest }: LinkTrack) =>
    JSON.stringify({
      ...rest,
      layers: layers.map((one) => ({ ...one, bitrateBps: 0, keyBytes: 0 })),
    });
  return shape(a) === shape(b);
}

/** What stands in a client's declaration besides: as if its offer had said it. */
export function declarationOf({ cid, kind, source, muted, encodings }: LinkTrack) {
  const declaration: TrackDeclaration = {
    ...{ mid: '', cid, kind, source, muted },
    encodings: encodings.map(({ ssrc: _, rtxSsrc: __, ...declared }) => declared),
  };
  return declaration;
}

export function offeredOf({ kind, encodings }: LinkTrack, codecs: OfferedTrack['codecs']) {
  const streams: NegotiatedEncoding[] = encodings.map(({ rid, ssrc, rtxSsrc }) => ({
    ...{ rid, ssrc, rtxSsrc },
  }));
  const track: OfferedTrack = {
    ...{ mid: '', kind, sends: true, codecs, extensions: [], encodings: streams },
  };
  return track;
}

/** What the client declared of each encoding, beside the streams that it crosses as. */
export function encodingsOf(
  { track, declaration }: LivePublication,
  streams: readonly { ssrc: number; rtxSsrc: number }[],
): LinkEncoding[] {
  const { encodings: declared = [] } = declaration;
  return track.encodings.map(({ rid }, index) => ({
    ...(declared.find((one) => rid !== '' && one.rid === rid) ?? declared[index]),
    rid,
    ssrc: streams[index]?.ssrc ?? 0,
    rtxSsrc: streams[index]?.rtxSsrc ?? 0,
  }));
}

/** @throws PlenumError `bad_request`. */
export function checkTrack(track: LinkTrack): void {
  const { publicationId, participantId, cid, kind, source, muted, codec } = track;
  const texts = [publicationId, participantId, cid, codec];
  const isSound =
    texts.every(isText) &&
    typeof muted === 'boolean' &&
    (kind === 'audio' || kind === 'video') &&
    SOURCES[kind].includes(source) &&
    isListOf(track.codecs, MAX_CODECS, isCodec) &&
    isListOf(track.encodings, MAX_ENCODINGS, isEncoding) &&
    track.encodings.length > 0 &&
    isListOf(track.layers, MAX_LAYERS, isLayer);
  const ssrcs = isSound ? track.encodings.flatMap((one) => [one.ssrc, one.rtxSsrc]) : [];
  if (isSound && new Set(ssrcs).size === ssrcs.length) return;
  throw new PlenumError('bad_request', 'a track of another shape');
}

/** @throws PlenumError `bad_request`. */
export function checkDemand({ top, encodings }: LinkDemand): void {
  const isIndex = (value: unknown) => isWithin(value, 0, MAX_ENCODINGS - 1);
  if (isWithin(top, -1, MAX_ENCODINGS - 1) && isListOf(encodings, MAX_ENCODINGS, isIndex)) return;
  throw new PlenumError('bad_request', 'a demand of another shape');
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

function isWithin(value: unknown, lowest: number, highest: number): boolean {
  return Number.isInteger(value) && Number(value) >= lowest && Number(value) <= highest;
}

function isListOf<T>(list: readonly T[], most: number, isOne: (item: T) => boolean): boolean {
  return Array.isArray(list) && list.length <= most && list.every(isOne);
}

function isCodec({ codec, parameters, payloadType, rtxPayloadType = payloadType }: LinkCodec) {
  const types = [payloadType, rtxPayloadType];
  return isText(codec) && isText(parameters) && types.every((type) => isWithin(type, 0, 127));
}

function isEncoding({ rid, ssrc, rtxSsrc }: LinkEncoding): boolean {
  return isText(rid) && [ssrc, rtxSsrc].every((value) => isWithin(value, 1, 0xffff_ffff));
}

function isLayer({ spatial, temporal, bitrateBps, alive, width, height }: TrackLayer): boolean {
  const isSize = (value: unknown) => isWithin(value, 0, 0xffff);
  const isRate = Number.isFinite(bitrateBps) && bitrateBps >= 0;
  const isIndexed = isWithin(spatial, 0, 7) && isWithin(temporal, 0, 7);
  return isIndexed && isRate && typeof alive === 'boolean' && isSize(width) && isSize(height);
}
