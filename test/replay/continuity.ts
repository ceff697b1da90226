/** Whether a stream is what RFC 3550 promises a receiver: numbers without holes, time that goes on. */
import type { RtpPacket } from '../../lib/testing/rtp.js';

export interface Continuity {
  /** Numbers left out where nothing in the stream explains it. */
  gaps: number;
  /** Numbers left out behind a picture without its end: one each tells the decoder so. */
  cuts: number;
  duplicates: number;
  /** Pictures whose timestamp is not after that of the one before. */
  backwards: number;
}

export function continuityOf(packets: readonly RtpPacket[]): Continuity {
  const found: Continuity = { gaps: 0, cuts: 0, duplicates: 0, backwards: 0 };
  let before: RtpPacket | undefined;
  for (const packet of packets) {
    if (before) {
      const step = (packet.sequence - before.sequence) & 0xffff;
      if (step === 0 || step >= 0x8000) found.duplicates++;
      else if (step === 2 && !before.marker) found.cuts++;
      else if (step > 1) found.gaps++;
      const isNewPicture = before.marker || packet.timestamp !== before.timestamp;
      const advance = (packet.timestamp - before.timestamp) >>> 0;
      if (isNewPicture && (advance === 0 || advance >= 0x8000_0000)) found.backwards++;
    }
    before = packet;
  }
  return found;
}
