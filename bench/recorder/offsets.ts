/** What the moments of signals say: sound beside picture, people beside each other, and how both change. */
import { quantile } from '../results.js';
import { signalAtMs, signalPeriodMs } from './media.js';

/** Of all signals of so many people in so long a time: so many must be found for figures of them to count. */
export function leastSignals(people: number, durationMs: number): number {
  // The first of each may lie before its first picture, or its first tone; the last is cut.
  const each = Math.floor(durationMs / signalPeriodMs) - 1;
  return Math.floor(leastFound * people * each);
}

const leastFound = 0.98;

export interface OffsetFigures {
  count: number;
  /** Of the size of the offset. */
  medianMs: number;
  /** Sound before its picture, p95 of all signed offsets. */
  earlyP95Ms: number;
  /** Sound behind its picture, as a number below 0. */
  lateP95Ms: number;
}

/** A signal, and how far it is from where it should be. */
export interface Point {
  atMs: number;
  errorMs: number;
}

/** Each flash with the tone nearest to it, when one is near: above 0 the sound comes first. */
export function pairOffsets(flashes: readonly number[], tones: readonly number[]): Point[] {
  return flashes.flatMap((flash) => {
    const nearest = nearestTo(flash, tones);
    const isNear = Math.abs(flash - nearest) < signalPeriodMs / 2;
    return isNear ? [{ atMs: flash, errorMs: flash - nearest }] : [];
  });
}

export function offsetFigures(points: readonly Point[]): OffsetFigures {
  const offsets = points.map(({ errorMs }) => errorMs);
  return {
    count: offsets.length,
    medianMs: quantile(offsets.map(Math.abs), 0.5),
    earlyP95Ms: quantile(offsets, 0.95),
    lateP95Ms: quantile(offsets, 0.05),
  };
}

/** How a person's clock of capture stood to the machine's: when it was 0, and how much faster it ran. */
export interface TrueClock {
  beganMs: number;
  mediaPpm: number;
}

/**
 * What was found beside when it was: signals of each person, in the recorded time of one recording, which began at some moment of
 * the machine's clock, the same for all. Errors have that moment in them; their differences do not. They are told from each
 * other by whole seconds, so 500 ms is as far as they may be apart.
 */
export function errorsOf(found: readonly number[], clock: TrueClock, originMs: number): Point[] {
  const factor = 1 + clock.mediaPpm * 1e-6;
  return found.map((atMs) => {
    const capturedMs = (atMs + originMs - clock.beganMs) * factor;
    const index = Math.round((capturedMs - signalAtMs) / signalPeriodMs);
    const trueMs = clock.beganMs + (signalAtMs + index * signalPeriodMs) / factor;
    return { atMs, errorMs: atMs + originMs - trueMs };
  });
}

/** Where recorded time began, by the first signal of somebody: an error of whole seconds is in it, the same for all. */
export function originBy(found: readonly number[], { beganMs, mediaPpm }: TrueClock): number {
  const [first] = found;
  if (first === undefined) throw new Error('no signal was found');
  return beganMs + signalAtMs / (1 + mediaPpm * 1e-6) - first;
}

/** Of every two people, each signal of one beside the nearest of the other in time: how far their errors are apart. */
export function alignmentMs(people: readonly (readonly Point[])[]): number[] {
  const apart: number[] = [];
  for (const [at, one] of people.entries()) {
    for (const other of people.slice(at + 1)) {
      const times = other.map(({ atMs }) => atMs);
      for (const point of one) {
        const nearest = other[times.indexOf(nearestTo(point.atMs, times))];
        if (nearest === undefined || Math.abs(nearest.atMs - point.atMs) > signalPeriodMs) continue;
        apart.push(Math.abs(point.errorMs - nearest.errorMs));
      }
    }
  }
  return apart;
}

/** Of a line through the points by least squares: ms an hour. */
export function driftMsPerH(points: readonly Point[]): number {
  const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const at = mean(points.map(({ atMs }) => atMs));
  const error = mean(points.map(({ errorMs }) => errorMs));
  let [both, square] = [0, 0];
  for (const { atMs, errorMs } of points) {
    both += (atMs - at) * (errorMs - error);
    square += (atMs - at) ** 2;
  }
  return (both / square) * 3_600_000;
}

function nearestTo(at: number, those: readonly number[]): number {
  let nearest = Number.NaN;
  for (const one of those) {
    if (!(Math.abs(one - at) >= Math.abs(nearest - at))) nearest = one;
  }
  return nearest;
}
