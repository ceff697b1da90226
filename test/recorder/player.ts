/** Plays recorded streams into a room, over and over, by the clock of the test. */

import type { TappedPacket } from '../../recorder/src/tapped.js';
import type { TestClock } from '../../recorder/src/testing/test-recorder.js';
import type { TestRoom } from '../../recorder/src/testing/test-room.js';
import type { TestStream } from './streams.js';

/** A capture that never ends: it is repeated with numbers and times that go on. */
export class Loop {
  readonly #packets: readonly TappedPacket[];
  readonly #startUs: number;
  readonly #lengthUs: number;
  readonly #lengthTicks: number;
  readonly #lengthNumbers: number;
  #index = 0;
  #round = 0;

  /** Begins at `startUs`, with the first packet. */
  constructor({ packets, codec }: TestStream, startUs: number) {
    const first = packets[0];
    const last = packets.at(-1);
    if (!first || !last) throw new Error('an empty stream');
    this.#packets = packets;
    this.#startUs = startUs - (first.capturedUs ?? 0);
    const stepTicks = codec === 'opus' ? 960 : 3000;
    this.#lengthTicks = last.timestamp - first.timestamp + stepTicks;
    this.#lengthUs = (this.#lengthTicks * 1e6) / (codec === 'opus' ? 48_000 : 90_000);
    this.#lengthNumbers = last.sequence - first.sequence + 1;
  }

  /** What has arrived by `nowUs` and was not given before. */
  until(nowUs: number): TappedPacket[] {
    const due: TappedPacket[] = [];
    for (;;) {
      const packet = this.#next();
      if (packet.arrivedUs > nowUs) return due;
      due.push(packet);
      this.#index++;
      if (this.#index === this.#packets.length) {
        this.#index = 0;
        this.#round++;
      }
    }
  }

  #next(): TappedPacket {
    const packet = this.#packets[this.#index] as TappedPacket;
    const shiftUs = this.#startUs + this.#round * this.#lengthUs;
    return {
      ...packet,
      sequence: packet.sequence + this.#round * this.#lengthNumbers,
      timestamp: packet.timestamp + this.#round * this.#lengthTicks,
      arrivedUs: packet.arrivedUs + shiftUs,
      capturedUs: packet.capturedUs === null ? null : packet.capturedUs + shiftUs,
    };
  }
}

/** For `ms` of the test's clock, packets come each 20 ms; `filter` may leave some out. */
export async function play(
  { room, clock }: { room: TestRoom; clock: TestClock },
  loops: ReadonlyMap<string, Loop>,
  ms: number,
  filter: (id: string, packets: TappedPacket[]) => TappedPacket[] = (_id, packets) => packets,
): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20) {
    await clock.pass(20);
    for (const [id, loop] of loops) room.send(id, filter(id, loop.until(clock.nowUs())));
  }
}
