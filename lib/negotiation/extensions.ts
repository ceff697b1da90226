/**
 * RTP header extensions (RFC 8285): which URIs the engine understands, which of a client's offer
 * are accepted, and under which ids we offer them to subscribers.
 */
import type { HeaderExtension } from './rtp-media.js';
import type { Attribute } from './sdp.js';

export type ExtensionKind = keyof typeof URIS;

/** `Extension` of the engine contract. */
export interface NegotiatedExtension {
  id: number;
  kind: ExtensionKind;
}

const EXPERIMENTS = 'http://www.webrtc.org/experiments/rtp-hdrext';

const URIS = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  repaired_rid: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  audio_level: 'urn:ietf:params:rtp-hdrext:ssrc-audio-level',
  abs_send_time: `${EXPERIMENTS}/abs-send-time`,
  transport_cc: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  abs_capture_time: `${EXPERIMENTS}/abs-capture-time`,
  playout_delay: `${EXPERIMENTS}/playout-delay`,
  video_orientation: 'urn:3gpp:video-orientation',
  video_content_type: `${EXPERIMENTS}/video-content-type`,
  video_timing: `${EXPERIMENTS}/video-timing`,
  color_space: `${EXPERIMENTS}/color-space`,
  dependency_descriptor:
    'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
} as const;

const KIND_OF = new Map<string, ExtensionKind>(
  Object.entries(URIS).map(([kind, uri]) => [uri, kind as ExtensionKind]),
);

/** What an m-line of each kind may carry to a subscriber, in the order of the ids we give. */
const OFFERED: Record<'audio' | 'video', readonly ExtensionKind[]> = {
  audio: ['mid', 'transport_cc', 'abs_capture_time', 'audio_level'],
  video: [
    'mid',
    'transport_cc',
    'abs_capture_time',
    'video_orientation',
    'playout_delay',
    'video_content_type',
    'color_space',
    'dependency_descriptor',
  ],
};
const IDS = [...new Set([...OFFERED.audio, ...OFFERED.video])];

/**
 * The extensions of one offered m-line that we want. `taken` holds the ids of the BUNDLE group so
 * far (RFC 8843 §9: one id, one meaning; here also one meaning, one id) and is added to; what
 * contradicts it is left out. With transport-wide numbers, send times are of no use: 4 bytes of
 * every packet are saved.
 */
export function acceptExtensions(
  offered: readonly HeaderExtension[],
  taken: Map<number, ExtensionKind>,
): NegotiatedExtension[] {
  const kinds = new Set(offered.map(({ uri }) => KIND_OF.get(uri)));
  const sent = offered.filter(({ direction }) => direction.startsWith('send'));
  return acceptWhere(sent, taken, (kind) => kind !== 'abs_send_time' || !kinds.has('transport_cc'));
}

/** The extensions of an m-line that the client offers to receive, as `acceptExtensions`. */
export function acceptSentExtensions(
  media: 'audio' | 'video',
  offered: readonly HeaderExtension[],
  taken: Map<number, ExtensionKind>,
): NegotiatedExtension[] {
  const received = offered.filter(({ direction }) => /^(?:sendrecv|recvonly)$/.test(direction));
  return acceptWhere(received, taken, (kind) => OFFERED[media].includes(kind));
}

function acceptWhere(
  offered: readonly HeaderExtension[],
  taken: Map<number, ExtensionKind>,
  isWanted: (kind: ExtensionKind) => boolean,
): NegotiatedExtension[] {
  const accepted: NegotiatedExtension[] = [];
  for (const { id, uri } of offered) {
    const kind = KIND_OF.get(uri);
    if (kind === undefined || !isWanted(kind)) continue;
    const isTaken = [...taken].some((pair) => (pair[0] === id) !== (pair[1] === kind));
    if (isTaken || accepted.some((extension) => extension.id === id)) continue;
    taken.set(id, kind);
    accepted.push({ id, kind });
  }
  return accepted;
}

export function offeredExtensions(kind: 'audio' | 'video'): NegotiatedExtension[] {
  return OFFERED[kind].map((name) => ({ id: IDS.indexOf(name) + 1, kind: name }));
}

/** Those of ours that a client's answer took. An id or URI that we did not offer is ignored. */
export function answeredExtensions(
  offered: readonly NegotiatedExtension[],
  answered: readonly HeaderExtension[],
): NegotiatedExtension[] {
  return offered.filter(({ id, kind }) =>
    answered.some((extension) => extension.id === id && extension.uri === URIS[kind]),
  );
}

export function extensionAttributes(extensions: readonly NegotiatedExtension[]): Attribute[] {
  return extensions.map(({ id, kind }) => ({ name: 'extmap', value: `${id} ${URIS[kind]}` }));
}
