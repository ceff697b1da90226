/** Puts the sound of one file where its times say it belongs, to the sample. */
import type { Sound } from './pcm-stream.js';

export const sampleRate = 48_000;

/** Times are whole ms: up to this it is no drift. */
const exactFrames = 96;
/** Up to this the sound is stretched little by little, beyond it there is a hole, or a jump. */
const mostDriftFrames = 960;
/** Of a block of 20 ms: half a percent is not heard. */
const stretchFrames = 5;

export interface PlacedSound {
  /** Of its first frame, in frames since recorded time 0. */
  at: number;
  samples: Int16Array;
}

export class Placing {
  private next: number | null = null;

  constructor(private readonly channels: number) {}

  /** Null: nothing of it is to be heard. */
  place({ t, samples }: Sound): PlacedSound | null {
    const frames = samples.length / this.channels;
    const wanted = Math.round((t * sampleRate) / 1000);
    const next = this.next ?? wanted;
    const drift = wanted - next;
    if (Math.abs(drift) <= exactFrames) return this.put(next, samples);
    if (Math.abs(drift) <= mostDriftFrames) {
      const change = Math.sign(drift) * Math.min(stretchFrames, Math.abs(drift), frames >> 1);
      return this.put(next, stretched(samples, this.channels, frames + change));
    }
    if (drift > 0) return this.put(wanted, samples);
    // What goes back in time: what was there already stays.
    const late = next - wanted;
    return late >= frames ? null : this.put(next, samples.subarray(late * this.channels));
  }

  private put(at: number, samples: Int16Array): PlacedSound {
    this.next = at + samples.length / this.channels;
    return { at, samples };
  }
}

function stretched(samples: Int16Array, channels: number, frames: number): Int16Array {
  const before = samples.length / channels;
  const result = new Int16Array(frames * channels);
  const step = frames > 1 ? (before - 1) / (frames - 1) : 0;
  for (let frame = 0; frame < frames; frame++) {
    const at = Math.min(Math.floor(frame * step), Math.max(0, before - 2));
    const part = frame * step - at;
    for (let channel = 0; channel < channels; channel++) {
      const a = samples[at * channels + channel] as number;
      const b = samples[Math.min(at + 1, before - 1) * channels + channel] as number;
      result[frame * channels + channel] = Math.round(a + (b - a) * part);
    }
  }
  return result;
}
