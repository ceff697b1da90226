/**
 * Hours of media in virtual time, to measure the clock fit (reliability.md §9: offset, alignment, drift): people
 * with a microphone and a camera each, clocks that run wrong, reports that step, jitter, losses that are
 * retransmitted, silence by DTX, mutes, and timestamps that stand still over a pause.
 */
import { ClockFit, type ClockSample } from './clock-fit.js';

export interface SimulatedMedia {
  seed: number;
  hours: number;
  people: number;
  /** Clocks of people run wrong by up to so much. */
  skewPpm: number;
  /** Share of packets that come 60–250 ms later, by retransmission. */
  loss: number;
  /** Without: only arrival is known. */
  hasReports: boolean;
}

export interface FitFigures {
  /** |recorded time of sound − of picture| where they were captured together, ms. */
  avOffsetMedianMs: number;
  avOffsetP95Ms: number;
  /** |recorded − true| between any two people, ms. */
  alignmentP95Ms: number;
  /** The worst track: slope of (recorded − true) after the first minute. */
  driftMsPerHour: number;
  frames: number;
}

type Random = () => number;

interface Errors {
  /** Of the last frame of each second, ms; NaN: nothing was captured then. */
  bySecond: Float64Array;
  frames: number;
}

/** mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function simulateFit(media: SimulatedMedia): FitFigures {
  const random = randomOf(media.seed);
  const seconds = Math.round(media.hours * 3600);
  const people = Array.from({ length: media.people }, () => {
    const skew = (2 * random() - 1) * media.skewPpm * 1e-6;
    const path = { delayUs: 10_000 + random() * 80_000, skew };
    return {
      audio: errorsOf({ ...media, ...path, random, seconds, rate: 48_000, stepUs: 20_000 }),
      video: errorsOf({ ...media, ...path, random, seconds, rate: 90_000, stepUs: 33_333 }),
    };
  });
  const offsets: number[] = [];
  const alignments: number[] = [];
  for (let second = 0; second < seconds; second++) {
    const audios = people.map(({ audio }) => audio.bySecond[second] ?? Number.NaN);
    const videos = people.map(({ video }) => video.bySecond[second] ?? Number.NaN);
    audios.forEach((audio, index) => {
      const offset = Math.abs(audio - (videos[index] ?? Number.NaN));
      if (!Number.isNaN(offset)) offsets.push(offset);
    });
    const known = [...audios, ...videos].filter((error) => !Number.isNaN(error));
    if (known.length > 1) alignments.push(Math.max(...known) - Math.min(...known));
  }
  const tracks = people.flatMap(({ audio, video }) => [audio, video]);
  return {
    avOffsetMedianMs: quantile(offsets, 0.5),
    avOffsetP95Ms: quantile(offsets, 0.95),
    alignmentP95Ms: quantile(alignments, 0.95),
    driftMsPerHour: Math.max(...tracks.map(({ bySecond }) => Math.abs(slopeOf(bySecond)))),
    frames: tracks.reduce((sum, { frames }) => sum + frames, 0),
  };
}

interface Source {
  random: Random;
  seconds: number;
  rate: number;
  stepUs: number;
  delayUs: number;
  skew: number;
  loss: number;
  hasReports: boolean;
}

/** One track from end to end. */
function errorsOf(source: Source): Errors {
  const { random, seconds, rate, stepUs } = source;
  const fit = new ClockFit(rate);
  const errors: Errors = { bySecond: new Float64Array(seconds).fill(Number.NaN), frames: 0 };
  const sender = new Sender(source);
  const endUs = seconds * 1e6;
  let waiting: Sample[] = [];
  const arrive = (sample: Sample) => {
    fit.observe(sample);
    waiting.push(sample);
    if (fit.isDoubtful) return;
    for (const { timestamp, trueUs } of waiting) {
      errors.bySecond[Math.floor(trueUs / 1e6)] = (fit.at(timestamp) - trueUs) / 1000;
      errors.frames++;
    }
    waiting = [];
  };
  let onTheWay: Sample[] = [];
  for (let us = random() * stepUs; us < endUs; us += sender.stepUs) {
    const arrived = onTheWay.filter(({ arrivedUs }) => arrivedUs <= us);
    if (arrived.length > 0) {
      onTheWay = onTheWay.filter(({ arrivedUs }) => arrivedUs > us);
      arrived.sort((a, b) => a.arrivedUs - b.arrivedUs).forEach(arrive);
    }
    onTheWay.push(sender.capture(us));
  }
  return errors;
}

interface Sample extends ClockSample {
  trueUs: number;
}

/** A sender's clock, what it reports, and the way to the recorder. */
class Sender {
  readonly #source: Source;
  /** Its clock at true time 0, ticks. */
  #offsetTicks: number;
  #report: { timestamp: number; us: number } | null = null;
  #nextReportUs = 0;
  #mutedUntilUs = 0;
  #isSpeaking = true;
  #spurtEndsUs = 0;
  #spikeUs = 0;

  constructor(source: Source) {
    this.#source = source;
    this.#offsetTicks = Math.floor(source.random() * 1e9);
  }

  /** Until the next frame: longer in silence (DTX: 400 ms), and over a mute. */
  get stepUs(): number {
    const { stepUs } = this.#source;
    if (this.#mutedUntilUs > 0) return this.#mutedUntilUs;
    return this.#source.rate === 48_000 && !this.#isSpeaking ? 400_000 : stepUs;
  }

  capture(us: number): Sample {
    const { random, rate, skew, delayUs, loss } = this.#source;
    const timestamp = Math.round(this.#offsetTicks + (us * (1 + skew) * rate) / 1e6);
    this.#chooseStep(us);
    if (us >= this.#nextReportUs) this.#makeReport(us, timestamp);
    this.#spikeUs = random() < 0.0005 ? random() * 200_000 : this.#spikeUs * 0.9;
    const lateUs = random() < loss ? 60_000 + random() * 190_000 : 0;
    const jitterUs = -6_000 * Math.log(1 - random()) + this.#spikeUs;
    return {
      timestamp,
      trueUs: us,
      arrivedUs: us + delayUs + jitterUs + lateUs,
      capturedUs: this.#report
        ? this.#report.us + ((timestamp - this.#report.timestamp) * 1e6) / rate
        : null,
    };
  }

  /** A report's two clocks are read apart, and the mapping of its clock to ours wanders: ±4 ms. */
  #makeReport(us: number, timestamp: number): void {
    const { random, hasReports } = this.#source;
    const isFirst = this.#nextReportUs === 0;
    this.#nextReportUs = us + 1e6 + random() * 4e6;
    if (hasReports && !isFirst) this.#report = { timestamp, us: us + (random() - 0.5) * 8_000 };
  }

  #chooseStep(us: number): void {
    const { random, rate, stepUs } = this.#source;
    this.#mutedUntilUs = 0;
    if (us >= this.#spurtEndsUs) {
      this.#isSpeaking = !this.#isSpeaking;
      this.#spurtEndsUs = us + 1e6 + random() * 8e6;
    }
    // Once in ten minutes or so; in one of three the timestamps stand still meanwhile.
    if (random() > 1 / 18_000) return;
    this.#mutedUntilUs = 2e6 + random() * 60e6;
    if (random() > 0.33) return;
    this.#offsetTicks -= Math.round(((this.#mutedUntilUs - stepUs) * rate) / 1e6);
  }
}

/** Least squares, after the first minute; ms in an hour. */
function slopeOf(bySecond: Float64Array): number {
  let [count, sumX, sumY, sumXx, sumXy] = [0, 0, 0, 0, 0];
  bySecond.forEach((error, second) => {
    if (Number.isNaN(error) || second < 60) return;
    const hour = second / 3600;
    count++;
    sumX += hour;
    sumY += error;
    sumXx += hour * hour;
    sumXy += hour * error;
  });
  return (count * sumXy - sumX * sumY) / (count * sumXx - sumX * sumX);
}

function quantile(values: number[], share: number): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? Number.NaN;
}
