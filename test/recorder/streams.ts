/** Recorded RTP (test/fixtures/captures) as a tap would give it: one stream, numbers and timestamps unwrapped. */
import type { TappedCodec, TappedPacket } from '../../recorder/src/tapped.js';
import { readRecording } from '../replay/recording.js';
import { mediaOf } from '../replay/references.js';

export interface TestStream {
  name: string;
  codec: TappedCodec;
  packets: TappedPacket[];
}

const FOLDER = 'test/fixtures/captures';

/** Each stream of a capture that has more than a few packets. `delayUs`: from capture to arrival. */
export function streamsOf(file: string, delayUs = 20_000): TestStream[] {
  const recording = readRecording(`${FOLDER}/${file}`);
  const codec = recording.codec as TappedCodec;
  const rate = codec === 'opus' ? 48_000 : 90_000;
  return mediaOf(recording)
    .filter((packets) => packets.length > 20)
    .map((packets, index) => {
      const sequence = unwrapper(16);
      const timestamp = unwrapper(32);
      const start = packets[0]?.timestamp ?? 0;
      const firstNumber = packets[0]?.sequence ?? 0;
      return {
        name: `${file} ${index}`,
        codec,
        packets: packets.map((packet) => {
          const ticks = timestamp(packet.timestamp);
          const capturedUs = Math.round(((ticks - start) * 1e6) / rate) + 1_000_000;
          return {
            sequence: sequence(packet.sequence) - firstNumber,
            timestamp: ticks,
            marker: packet.marker,
            codec,
            payload: packet.payload,
            arrivedUs: capturedUs + delayUs,
            capturedUs,
          };
        }),
      };
    });
}

function unwrapper(bits: number): (value: number) => number {
  const size = 2 ** bits;
  let last: number | null = null;
  return (value) => {
    if (last === null) last = value;
    else {
      const step = (((value - last) % size) + size) % size;
      last += step >= size / 2 ? step - size : step;
    }
    return last;
  };
}
