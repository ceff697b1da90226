/** The descriptions of a person's two transports: what a small client would say. */
import { type MediaLine, type PeerIdentity, writeOffer } from '../../../bench/forward/sdp.js';

export function publishOffer(own: PeerIdentity, lines: readonly MediaLine[]): string {
  return writeOffer(own, lines, { transportCc: false });
}

/** Whatever is not ours to repeat in an answer; and no feedback for congestion control. */
const notOurs =
  /^a=(candidate|end-of-candidates|ice-|ssrc|msid|setup|fingerprint|.*transport-cc|extmap.*transport-wide)/;

/** Takes everything that is offered; redundant audio only where `takesRedundancy`. */
export function subscribeAnswer(
  offer: string,
  own: PeerIdentity,
  takesRedundancy: boolean,
): string {
  const mine = [
    'a=recvonly',
    `a=ice-ufrag:${own.ufrag}`,
    `a=ice-pwd:${own.pwd}`,
    'a=setup:active',
    `a=fingerprint:sha-256 ${own.fingerprint}`,
  ];
  const offered = /a=rtpmap:(\d+) red\//.exec(offer)?.[1];
  const red = takesRedundancy || offered === undefined ? 'none' : offered;
  const ofRed = new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):${red} `);
  return offer
    .split('\r\n')
    .filter((line) => !notOurs.test(line) && !ofRed.test(line))
    .map((line) => (line.startsWith('m=audio') ? line.replace(` ${red}`, '') : line))
    .flatMap((line) => (line === 'a=sendonly' ? mine : [line]))
    .join('\r\n');
}
