/** The parts of an `HTMLMediaElement` that playing needs. A test has its own. */
export interface MediaElement {
  src: string;
  currentTime: number;
  playbackRate: number;
  volume: number;
  muted: boolean;
  preload: string;
  readonly paused: boolean;
  readonly seeking: boolean;
  readonly ended: boolean;
  /** Seconds; NaN or infinite while it is not known. */
  readonly duration: number;
  readonly readyState: number;
  readonly error: unknown;
  readonly seekable: Ranges;
  readonly buffered: Ranges;
  play(): Promise<void>;
  pause(): void;
  load(): void;
  removeAttribute(name: 'src'): void;
  addEventListener(type: MediaEventName, listener: () => void): void;
  removeEventListener(type: MediaEventName, listener: () => void): void;
}

export type MediaEventName = 'loadedmetadata' | 'error';

export interface Ranges {
  readonly length: number;
  start(index: number): number;
  end(index: number): number;
}

/** It can be played at once (HTML, `HAVE_FUTURE_DATA`). */
export const playableNow = 3;
/** There is a picture of the moment (`HAVE_CURRENT_DATA`). */
export const shownNow = 2;

/** For how long it can be played from there by what was loaded; seconds. Undefined: not at all. */
export function loadedAheadS(ranges: Ranges, second: number): number | undefined {
  for (let index = 0; index < ranges.length; index += 1) {
    const end = ranges.end(index);
    if (ranges.start(index) <= second && second <= end) return end - second;
  }
  return undefined;
}

/**
 * What the element's own time is at recorded time 0; seconds. The blocks of a piece carry recorded
 * time: some browsers keep it, so that an element begins at the piece's start, others count from 0.
 */
export function originOf(
  { currentTime, seekable }: Pick<MediaElement, 'currentTime' | 'seekable'>,
  { startMs, endMs }: { startMs: number; endMs: number },
): number {
  const [start, end] = [startMs / 1_000, endMs / 1_000];
  if (currentTime > start / 2) return 0;
  const last = seekable.length > 0 ? seekable.end(seekable.length - 1) : Number.NaN;
  const keepsTime = Number.isFinite(last) && Math.abs(last - end) < Math.abs(last - (end - start));
  return keepsTime ? 0 : -start;
}
