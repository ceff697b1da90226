/**
 * The subscribe direction with the roles turned round: the client offers m-lines once and for all
 * (WHEP), the node answers. Whole or not at all: an m-line that cannot be served refuses the offer.
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
  acceptSentExtensions,
  type ExtensionKind,
  extensionAttributes,
  type NegotiatedExtension,
} from './extensions.js';
import { reject } from './reject.js';
import { isLive, type RtpMedia, readRtpMedia } from './rtp-media.js';
import { type Media, parseSdp, type Session, writeSdp } from './sdp.js';
import { receives, type SlotDescription, sourceAttributes } from './subscribe.js';

export interface OfferedSlot {
  mid: string;
  kind: 'audio' | 'video';
  /** Under the client's payload types, in its order; empty when the node forwards none. */
  codecs: NegotiatedCodec[];
  extensions: NegotiatedExtension[];
}

export interface SubscribeOfferContent {
  remote: RemoteParameters;
  /** In the order of m-lines. */
  slots: OfferedSlot[];
  /** Everything that some slot may carry, each once. */
  extensions: NegotiatedExtension[];
  session: Session;
}

/** @throws PlenumError `sdp_rejected`. */
export function readSubscribeOffer(sdp: string): SubscribeOfferContent {
  const session = parseSdp(sdp);
  const bundled = bundledMedia(session);
  const tagged = bundled[0];
  if (!tagged) reject('no m-line takes part');
  if (!bundled.every(isRtp)) reject('an m-line that is neither audio nor video over RTP');
  const remote = readRemote(session, tagged);
  if (remote.setup === 'passive') reject('setup:passive: the node is the DTLS server');
  const taken = new Map<number, ExtensionKind>();
  const slots = bundled.map((media) => readSlot(readRtpMedia(media), media === tagged, taken));
  const extensions = [...taken].map(([id, kind]) => ({ id, kind }));
  return { remote, slots, extensions, session };
}

function readSlot(
  media: RtpMedia,
  isTagged: boolean,
  taken: Map<number, ExtensionKind>,
): OfferedSlot {
  const { mid, kind, codecs, extensions } = media;
  checkMux(media, isTagged);
  if (!receives(media)) reject('an m-line that does not receive');
  return {
    mid,
    kind,
    codecs: acceptCodecs(codecs),
    extensions: acceptSentExtensions(kind, extensions, taken),
  };
}

/** `slots` are those of the offer, in its order. */
export function writeSubscribeAnswer(
  offer: SubscribeOfferContent,
  slots: readonly SlotDescription[],
  local: LocalParameters,
  identity: { id: number; version: number },
): string {
  let index = 0;
  const media = offer.session.media.map((offered) => {
    if (!isLive(offered)) return refuseMedia(offered);
    const at = index++;
    return answerSlot(offered, offer.slots[at] as OfferedSlot, slots[at] as SlotDescription, local);
  });
  return writeSdp(localSession(identity, local, media, allowsMixedExtensions(offer.session)));
}

function answerSlot(
  offered: Media,
  { codecs, extensions }: OfferedSlot,
  slot: SlotDescription,
  local: LocalParameters,
): Media {
  const answer = answerMedia(offered, slot, local);
  return {
    ...answer,
    formats: payloadTypesOf(codecs),
    attributes: [
      ...answer.attributes,
      ...extensionAttributes(extensions),
      flag('sendonly'),
      // One MediaStream for all (draft-ietf-wish-whep, "Single MediaStream").
      { name: 'msid', value: `plenum track-${slot.mid}` },
      ...codecAttributes(codecs, 'send'),
      ...sourceAttributes(slot),
    ],
  };
}
