/** The descriptions that the generator's peers and Janus exchange. */
import type { LoadPeer } from '../forward/programs.js';
import { writeOffer } from '../forward/sdp.js';

/** What the generator sends and receives. */
export const VIDEO = { codec: 'VP8', payloadType: 96, clockRate: 90_000 };

/** Our candidate: Janus waits for one, even where it only answers checks. */
function candidate(address: string, port: number): string[] {
  return [`a=candidate:1 1 udp 2130706431 ${address} ${port} typ host`, 'a=end-of-candidates'];
}

/** A publisher's offer. Our peers are DTLS clients alone. */
export function publisherOffer(peer: LoadPeer, address: string, ssrc: number): string {
  const line = { kind: 'video', mid: '0', ssrc } as const;
  const offer = writeOffer(peer, [line], { transportCc: false });
  const sdp = offer.replace('a=setup:actpass', 'a=setup:active');
  return `${sdp}${candidate(address, peer.port).join('\r\n')}\r\n`;
}

/** A subscriber's answer to an offer with one picture. */
export function subscriberAnswer(offer: string, peer: LoadPeer, address: string): string {
  const mid = /a=mid:(\S+)/.exec(offer)?.[1] ?? '0';
  const payloadType = /a=rtpmap:(\d+) VP8\/90000/i.exec(offer)?.[1];
  if (payloadType === undefined) throw new Error(`no VP8 is offered:\n${offer}`);
  const lines = [
    ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', `a=group:BUNDLE ${mid}`],
    `a=fingerprint:sha-256 ${peer.fingerprint}`,
    `m=video 9 UDP/TLS/RTP/SAVPF ${payloadType}`,
    ...['c=IN IP4 0.0.0.0', 'a=setup:active', `a=mid:${mid}`, 'a=recvonly', 'a=rtcp-mux'],
    ...[`a=ice-ufrag:${peer.ufrag}`, `a=ice-pwd:${peer.pwd}`],
    `a=rtpmap:${payloadType} VP8/90000`,
    ...[`a=rtcp-fb:${payloadType} nack`, `a=rtcp-fb:${payloadType} nack pli`],
    ...candidate(address, peer.port),
  ];
  return `${lines.join('\r\n')}\r\n`;
}
