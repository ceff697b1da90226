/**
 * The subscribe direction: the node offers, the client answers. m-lines are slots: each has a fixed
 * mid and SSRC, and one publication after the other flows through it without new SDP.
 */
import {
  bundledMedia,
  checkMux,
  flag,
  isRtp,
  type LocalParameters,
  localMedia,
  localSession,
  type RemoteParameters,
  readRemote,
} from './association.js';
import {
  acceptCodecs,
  codecAttributes,
  type NegotiatedCodec,
  offeredCodecs,
  payloadTypesOf,
} from './codecs.js';
import {
  answeredExtensions,
  extensionAttributes,
  type NegotiatedExtension,
  offeredExtensions,
} from './extensions.js';
import { reject } from './reject.js';
import { isLive, type RtpMedia, readMid, readRtpMedia } from './rtp-media.js';
import { type Attribute, attributeOf, type Media, parseSdp, writeSdp } from './sdp.js';

/** What an m-line of our offer says; it never changes while the transport lives. */
export interface SlotDescription {
  mid: string;
  kind: 'audio' | 'video';
  ssrc: number;
  /** 0 for audio. */
  rtxSsrc: number;
  cname: string;
}

export interface SlotAnswer {
  mid: string;
  /** What the client takes here, under its payload types; empty when it refuses the slot. */
  codecs: NegotiatedCodec[];
}

export interface SubscribeAnswerContent {
  remote: RemoteParameters;
  /** In the order of the offer. */
  slots: SlotAnswer[];
  /** Everything that some slot may carry, each once. */
  extensions: NegotiatedExtension[];
}

export function writeSubscribeOffer(
  slots: readonly SlotDescription[],
  local: LocalParameters,
  identity: { id: number; version: number },
): string {
  const media = slots.map((slot) => offerSlot(slot, local));
  return writeSdp(localSession(identity, local, media, true));
}

function offerSlot(slot: SlotDescription, local: LocalParameters): Media {
  const offer = localMedia(slot, local, 'actpass');
  const codecs = offeredCodecs(slot.kind);
  return {
    ...offer,
    formats: payloadTypesOf(codecs),
    attributes: [
      ...offer.attributes,
      ...extensionAttributes(offeredExtensions(slot.kind)),
      flag('sendonly'),
      // A stream per slot: what flows through two slots need not belong together.
      { name: 'msid', value: `slot-${slot.mid} track-${slot.mid}` },
      flag('rtcp-mux'),
      flag('rtcp-rsize'),
      ...codecAttributes(codecs, 'send'),
      ...sourceAttributes(slot),
    ],
  };
}

export function sourceAttributes({ ssrc, rtxSsrc, cname }: SlotDescription): Attribute[] {
  const source = (value: number) => ({ name: 'ssrc', value: `${value} cname:${cname}` });
  if (rtxSsrc === 0) return [source(ssrc)];
  const group = { name: 'ssrc-group', value: `FID ${ssrc} ${rtxSsrc}` };
  return [group, source(ssrc), source(rtxSsrc)];
}

/** @throws PlenumError `sdp_rejected`: malformed, or no answer to an offer of these slots. */
export function readSubscribeAnswer(
  sdp: string,
  slots: readonly SlotDescription[],
): SubscribeAnswerContent {
  const session = parseSdp(sdp);
  if (session.media.length !== slots.length) reject('the answer has another number of m-lines');
  const tagged = bundledMedia(session)[0];
  if (!tagged) reject('the answer refuses every m-line');
  const remote = readRemote(session, tagged);
  if (remote.setup !== 'active') reject('the answer is not setup:active');
  const answers = session.media.map((media, index) =>
    readSlot(media, slots[index] as SlotDescription),
  );
  return {
    remote,
    slots: answers.map(({ mid, codecs }) => ({ mid, codecs })),
    extensions: union(answers.map(({ extensions }) => extensions)),
  };
}

function readSlot(
  media: Media,
  slot: SlotDescription,
): SlotAnswer & { extensions: NegotiatedExtension[] } {
  const { mid } = slot;
  const isSame = media.kind === slot.kind && (attributeOf(media, 'mid') ?? mid) === mid;
  if (!isSame) reject('an m-line is not the one that was offered');
  if (!isLive(media)) return { mid, codecs: [], extensions: [] };
  if (!isRtp(media) || readMid(media) !== mid) reject('an m-line is not the one that was offered');
  const answer = readRtpMedia(media);
  checkMux(answer);
  return {
    mid,
    codecs: receives(answer) ? acceptCodecs(answer.codecs) : [],
    extensions: answeredExtensions(offeredExtensions(slot.kind), answer.extensions),
  };
}

export function receives({ direction }: RtpMedia): boolean {
  return direction === 'recvonly' || direction === 'sendrecv';
}

function union(lists: readonly NegotiatedExtension[][]): NegotiatedExtension[] {
  return [...new Map(lists.flat().map((extension) => [extension.id, extension])).values()];
}
