/**
 * The publish direction: the client offers, the node answers (RFC 9429, RFC 3264). Two pure steps:
 * `readPublishOffer` says what the client can send, `writePublishAnswer` takes the wanted part.
 */
import {
  allowsMixedExtensions,
  answerMedia,
  bundledMedia,
  checkMux,
  flag,
  isRtp,
  type LocalParameters,
  localSession,
  type RemoteParameters,
  readRemote,
  refuseMedia,
} from './association.js';
import { acceptCodecs, codecAttributes, type NegotiatedCodec, payloadTypesOf } from './codecs.js';
import {
  acceptExtensions,
  type ExtensionKind,
  extensionAttributes,
  type NegotiatedExtension,
} from './extensions.js';
import { reject } from './reject.js';
import { isLive, type RtpMedia, readRtpMedia } from './rtp-media.js';
import { type Attribute, type Media, parseSdp, type Session, writeSdp } from './sdp.js';

/** One stream of a track: without RID by its SSRC, with RID learned from the packets (ssrc 0). */
export interface NegotiatedEncoding {
  rid: string;
  ssrc: number;
  rtxSsrc: number;
}

export interface OfferedTrack {
  mid: string;
  kind: 'audio' | 'video';
  /** Whether the client wants to send now. */
  sends: boolean;
  /** In the client's order; empty when the node forwards none of them. */
  codecs: NegotiatedCodec[];
  extensions: NegotiatedExtension[];
  encodings: NegotiatedEncoding[];
}

export interface PublishOfferContent {
  /** null: no m-line takes part any more. */
  remote: RemoteParameters | null;
  tracks: OfferedTrack[];
  /** Everything that some m-line may carry, each once. */
  extensions: NegotiatedExtension[];
  session: Session;
}

/** Simulcast encodings of one track: four, as in the widest scalability mode. */
const MAX_ENCODINGS = 4;

/** @throws PlenumError `sdp_rejected`. */
export function readPublishOffer(sdp: string): PublishOfferContent {
  const session = parseSdp(sdp);
  const bundled = bundledMedia(session);
  const taken = new Map<number, ExtensionKind>();
  const tagged = bundled[0];
  const tracks = bundled
    .filter(isRtp)
    .map((media) => readTrack(readRtpMedia(media), media === tagged, taken));
  const remote = tagged ? readRemote(session, tagged) : null;
  if (remote?.setup === 'passive') reject('setup:passive: the node is the DTLS server');
  const extensions = [...taken].map(([id, kind]) => ({ id, kind }));
  return { remote, tracks, extensions, session };
}

function readTrack(
  media: RtpMedia,
  isTagged: boolean,
  taken: Map<number, ExtensionKind>,
): OfferedTrack {
  checkMux(media, isTagged);
  return {
    mid: media.mid,
    kind: media.kind,
    sends: media.direction === 'sendonly' || media.direction === 'sendrecv',
    codecs: acceptCodecs(media.codecs),
    extensions: acceptExtensions(media.extensions, taken),
    encodings: readEncodings(media),
  };
}

function readEncodings({ sendRids, sources }: RtpMedia): NegotiatedEncoding[] {
  if (sendRids.length > MAX_ENCODINGS) reject(`more than ${MAX_ENCODINGS} simulcast encodings`);
  if (sendRids.length > 0) return sendRids.map((rid) => ({ rid, ssrc: 0, rtxSsrc: 0 }));
  if (sources.length > 1) reject('several sources in one m-line without simulcast');
  return [{ rid: '', ...(sources[0] ?? { ssrc: 0, rtxSsrc: 0 }) }];
}

/**
 * Takes the m-lines in `wanted` (by mid) as recvonly; the other live ones become inactive, what is
 * no media of ours gets port 0. Codecs, extensions and RIDs stand in the client's order.
 */
export function writePublishAnswer(
  offer: PublishOfferContent,
  wanted: ReadonlySet<string>,
  local: LocalParameters,
  identity: { id: number; version: number },
): string {
  const tracks = new Map(offer.tracks.map((track) => [track.mid, track]));
  const media = offer.session.media.map((offered) => {
    const track = tracks.get(offered.attributes.find(({ name }) => name === 'mid')?.value ?? '');
    const usable = track && isLive(offered) && track.codecs.length > 0;
    return usable
      ? answerTrack(offered, track, wanted.has(track.mid), local)
      : refuseMedia(offered);
  });
  return writeSdp(localSession(identity, local, media, allowsMixedExtensions(offer.session)));
}

function answerTrack(
  offered: Media,
  track: OfferedTrack,
  isWanted: boolean,
  local: LocalParameters,
): Media {
  const answer = answerMedia(offered, track, local);
  return {
    ...answer,
    formats: payloadTypesOf(track.codecs),
    attributes: [
      ...answer.attributes,
      ...extensionAttributes(track.extensions),
      flag(isWanted ? 'recvonly' : 'inactive'),
      ...codecAttributes(track.codecs, 'receive'),
      ...simulcastAttributes(track),
    ],
  };
}

/**
 * Whatever the direction: an answer without them refuses simulcast (RFC 8853 §5.3.2), and then browsers
 * send one encoding only, also when the m-line is active again (seen in Chromium).
 */
function simulcastAttributes({ encodings }: OfferedTrack): Attribute[] {
  const rids = encodings.map(({ rid }) => rid).filter((rid) => rid !== '');
  if (rids.length === 0) return [];
  return [
    ...rids.map((rid) => ({ name: 'rid', value: `${rid} recv` })),
    { name: 'simulcast', value: `recv ${rids.join(';')}` },
  ];
}
