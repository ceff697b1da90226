/** The descriptions of the generator's peers: what a small WHIP or WHEP client would offer. */
import type { NodeAnswer } from './node-protocol.js';

export interface PeerIdentity {
  ufrag: string;
  pwd: string;
  fingerprint: string;
}

export interface ServerPlace {
  address: string;
  port: number;
  ufrag: string;
  pwd: string;
}

/** Header extensions under fixed numbers, negotiated where a run asks for them. */
export const MID_ID = 1;
export const LEVEL_ID = 2;
export const TRANSPORT_CC_ID = 3;
export const RID_ID = 4;

export interface MediaLine {
  kind: 'audio' | 'video';
  mid: string;
  /** Of what the peer sends; a peer that receives names none. */
  ssrc?: number;
  /** Of retransmissions (RFC 4588). */
  rtxSsrc?: number;
  /** Simulcast: the encodings that the peer sends, the smallest first. */
  rids?: readonly string[];
}

export interface OfferOptions {
  /** Whether feedback for congestion control is offered. */
  transportCc: boolean;
}

export function writeOffer(
  { ufrag, pwd, fingerprint }: PeerIdentity,
  media: readonly MediaLine[],
  { transportCc }: OfferOptions,
): string {
  const session = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=fingerprint:sha-256 ${fingerprint}`,
    'a=extmap-allow-mixed',
    `a=group:BUNDLE ${media.map(({ mid }) => mid).join(' ')}`,
  ];
  const sections = media.flatMap((line) => [
    ...(line.kind === 'video' ? ['m=video 9 UDP/TLS/RTP/SAVPF 96 97'] : []),
    ...(line.kind === 'audio' ? ['m=audio 9 UDP/TLS/RTP/SAVPF 111'] : []),
    'c=IN IP4 0.0.0.0',
    'a=setup:actpass',
    `a=mid:${line.mid}`,
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${pwd}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=extmap:${MID_ID} urn:ietf:params:rtp-hdrext:sdes:mid`,
    ...(transportCc
      ? [
          `a=extmap:${TRANSPORT_CC_ID} http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01`,
        ]
      : []),
    ...(line.kind === 'video' ? videoLines(transportCc) : audioLines(transportCc)),
    line.ssrc === undefined && !line.rids ? 'a=recvonly' : 'a=sendonly',
    ...simulcastLines(line.rids ?? []),
    ...ssrcLines(line),
  ]);
  return [...session, ...sections, ''].join('\r\n');
}

function ssrcLines({ ssrc, rtxSsrc }: MediaLine): string[] {
  const one = (each: number) => `a=ssrc:${each} cname:load`;
  if (ssrc === undefined) return [];
  if (rtxSsrc === undefined) return [one(ssrc)];
  return [`a=ssrc-group:FID ${ssrc} ${rtxSsrc}`, one(ssrc), one(rtxSsrc)];
}

function simulcastLines(rids: readonly string[]): string[] {
  if (rids.length === 0) return [];
  return [
    `a=extmap:${RID_ID} urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id`,
    ...rids.map((rid) => `a=rid:${rid} send`),
    `a=simulcast:send ${rids.join(';')}`,
  ];
}

function videoLines(transportCc: boolean): string[] {
  return [
    'a=rtpmap:96 VP8/90000',
    'a=rtcp-fb:96 ccm fir',
    'a=rtcp-fb:96 nack',
    'a=rtcp-fb:96 nack pli',
    ...(transportCc ? ['a=rtcp-fb:96 transport-cc'] : []),
    'a=rtpmap:97 rtx/90000',
    'a=fmtp:97 apt=96',
  ];
}

function audioLines(transportCc: boolean): string[] {
  return [
    `a=extmap:${LEVEL_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level`,
    'a=rtpmap:111 opus/48000/2',
    'a=fmtp:111 minptime=10;useinbandfec=1',
    ...(transportCc ? ['a=rtcp-fb:111 transport-cc'] : []),
  ];
}

/** Where the server is, as its answer says. */
export function placeOf(answer: NodeAnswer): ServerPlace {
  return 'sdp' in answer ? readPlace(answer.sdp) : { ...answer.place, ufrag: '', pwd: '' };
}

/** Of a description: its first UDP candidate. */
export function readPlace(sdp: string): ServerPlace {
  const value = (pattern: RegExp) => {
    const found = pattern.exec(sdp);
    if (!found) throw new Error(`the answer lacks ${pattern}:\n${sdp}`);
    return found.slice(1) as string[];
  };
  const [ufrag] = value(/a=ice-ufrag:(\S+)/);
  const [pwd] = value(/a=ice-pwd:(\S+)/);
  const [address, port] = value(/a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ/i);
  return { address, port: Number(port), ufrag, pwd } as ServerPlace;
}
