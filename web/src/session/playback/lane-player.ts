/**
 * Keeps one media element at the place where the clock of a player is: takes the file that covers it,
 * seeks where it is far away, goes a little faster or slower where it is near, and takes a new signed
 * address when the old one is refused.
 */
import { type ClientCode, codeOf, type Timers } from '../../../../client/src/index.js';
import type { FileUrls } from './file-urls.js';
import {
  loadedAheadS,
  type MediaElement,
  originOf,
  playableNow,
  shownNow,
} from './media-element.js';
import { type Lane, type Piece, pieceAfter, pieceAt } from './timeline.js';

/** Where an element has to be. */
export interface Place {
  positionMs: number;
  rate: number;
  isPlaying: boolean;
  /** A moment that is looked at, not one where all wait for data of somebody. */
  isStill: boolean;
}

export interface LaneTools {
  urls: FileUrls;
  timers: Timers;
  /** The browser wants a click first. */
  blocked: () => void;
  failed: (code: ClientCode) => void;
}

/** Further away than this it seeks; seconds. */
const farS = { playing: 0.25, still: 0.02 };
/** Further away than this it goes faster or slower, until it is `nearS` again. */
const offS = 0.045;
const nearS = 0.015;
/** Speech sounds the same at 1.03 to 1.08 times the speed; 45 ms are made up for in 1.5 s. */
const nudge = { least: 0.03, most: 0.08 };
/** The file of the next piece is opened this long before. */
const aheadMs = 4_000;
/** So long the last picture of a piece stays: what is recorded may end a little before all else. */
const keptMs = 1_000;
/** So close to its end a piece has no more data to wait for. */
const endMs = 300;
/** Loaded beyond the moment, it can be played; seconds. */
const enoughS = 0.5;
/** A picture that is ahead by more is sought back; seconds. */
const mostHeldS = 2;
/**
 * What cannot keep up is brought to the others so often, and not with every look at it: a picture is decoded
 * from its last key frame on, a sound at once.
 */
const catchUpEveryMs = { audio: 500, video: 2_000 };
/** So close to its own end an element has nothing more to play; seconds. */
const doneS = 0.06;
/** Between tries after an error. */
const retriesMs = [0, 500, 2_000, 5_000];
/** So far from an error it is over. Firefox breaks off each sound anew where there is nothing to hear it by. */
const healedMs = 5_000;

export class LanePlayer {
  private piece: Piece | undefined;
  /** The element's time at recorded time 0; undefined until it knows its file. */
  private originS: number | undefined;
  private failures = 0;
  /** Where it was at the last of them; recorded time. */
  private failedAtMs = 0;
  /** The others go on without it. */
  private hasGivenUp = false;
  private isNudged = false;
  /** It stands, for it was ahead. */
  private isHeld = false;
  /** It seeks because it was behind, or ahead: nobody waits for that. */
  private isCatchingUp = false;
  private caughtUpMs = Number.NEGATIVE_INFINITY;
  private last: Place = { positionMs: 0, rate: 1, isPlaying: false, isStill: true };
  private cancelRetry = () => {};

  constructor(
    readonly lane: Lane,
    private readonly element: MediaElement,
    private readonly tools: LaneTools,
  ) {
    element.preload = 'auto';
    element.addEventListener('loadedmetadata', this.opened);
    element.addEventListener('error', this.broke);
  }

  close(): void {
    this.element.removeEventListener('loadedmetadata', this.opened);
    this.element.removeEventListener('error', this.broke);
    this.drop();
  }

  setVolume(volume: number, isMuted: boolean): void {
    this.element.volume = volume;
    this.element.muted = isMuted;
  }

  /** Another try after `failed`. */
  retry(): void {
    this.failures = 0;
    this.hasGivenUp = false;
    if (this.piece) this.open(this.piece);
  }

  /** By how much it is later than the moment that it should play; undefined: it does not play. */
  behindMs(positionMs: number): number | undefined {
    const { element, piece, originS, lane } = this;
    if (originS === undefined || piece === undefined) return undefined;
    if (pieceAt(lane, positionMs)?.fileId !== piece.fileId) return undefined;
    if (element.paused || element.seeking || element.ended) return undefined;
    // What waits for data is no measure of how fast the machine is.
    if (!this.isReady(piece.endMs - positionMs)) return undefined;
    return positionMs - 1_000 * (element.currentTime - originS);
  }

  /** Whether it plays what it should, or has nothing to play. */
  follow(place: Place): boolean {
    this.last = place;
    const { positionMs } = place;
    const piece = pieceAt(this.lane, positionMs);
    if (!piece) return this.wait(positionMs);
    if (this.piece?.fileId !== piece.fileId) this.open(piece);
    if (this.originS === undefined) return this.hasGivenUp;
    const targetS = this.originS + positionMs / 1_000;
    if (this.isDone(targetS)) return true;
    this.approach(place, targetS, piece);
    if (this.originS === undefined) return false;
    if (this.element.seeking) return this.isCatchingUp;
    const isReady = this.isReady(piece.endMs - positionMs);
    if (isReady && Math.abs(positionMs - this.failedAtMs) > healedMs) this.failures = 0;
    return isReady;
  }

  /**
   * A decoder that has fallen behind is nothing to wait for: when Chromium's has run dry, an element that
   * is paused says for ever that it cannot be played, with all that it needs.
   */
  private isReady(leftMs: number): boolean {
    const { readyState, buffered, currentTime } = this.element;
    if (readyState >= playableNow) return true;
    if (readyState < shownNow) return false;
    return leftMs < endMs || (loadedAheadS(buffered, currentTime) ?? 0) >= enoughS;
  }

  /** The file is a little shorter than it was said to be: its last picture stays. */
  private isDone(targetS: number): boolean {
    const { duration, ended } = this.element;
    const isPast = Number.isFinite(duration) && targetS >= duration - doneS;
    if (isPast && !ended && this.last.isPlaying) return false;
    return isPast && (ended || this.element.currentTime >= duration - 2 * doneS);
  }

  /** In a gap, or before or after everything. */
  private wait(positionMs: number): boolean {
    if (!this.element.paused) this.element.pause();
    const next = pieceAfter(this.lane, positionMs);
    const isSoon = next !== undefined && next.startMs - positionMs < aheadMs * this.last.rate;
    if (isSoon && this.piece?.fileId !== next.fileId) this.open(next);
    const sinceMs = positionMs - (this.piece?.endMs ?? positionMs);
    const isJustOver = sinceMs >= 0 && sinceMs < keptMs;
    if (!isSoon && !isJustOver) this.drop();
    return true;
  }

  private approach(place: Place, targetS: number, piece: Piece): void {
    const { rate, isPlaying, isStill } = place;
    const { element } = this;
    const offsetS = element.currentTime - targetS;
    const distanceS = Math.abs(offsetS);
    this.isHeld = isPlaying && this.mayHold(offsetS, rate);
    if (this.isHeld) {
      if (!element.paused) element.pause();
      return;
    }
    // Of those that wait nobody seeks for a trifle: each seek is another wait.
    const isFar = distanceS > (isStill ? farS.still : farS.playing * Math.max(1, rate));
    if (isFar && !element.seeking && this.maySeek(isPlaying)) {
      if (!this.canReach(targetS, piece)) {
        this.open(piece);
        return;
      }
      element.currentTime = targetS;
    }
    this.isNudged = isPlaying && distanceS > (this.isNudged ? nearS : offS);
    const wanted = this.isNudged && !isFar ? rate * (1 - nudgeOf(offsetS)) : rate;
    if (element.playbackRate !== wanted) element.playbackRate = wanted;
    if (isPlaying && element.paused) this.play();
    else if (!isPlaying && !element.paused) element.pause();
  }

  /** A picture that is ahead stands until the others are there: a seek would be to a key frame before it. */
  private mayHold(aheadS: number, rate: number): boolean {
    if (this.lane.kind === 'audio' || this.element.seeking) return false;
    const isAhead = aheadS > (this.isHeld ? nearS : farS.playing * Math.max(1, rate));
    return isAhead && aheadS < mostHeldS;
  }

  /** At once where all go; while it plays, now and then. */
  private maySeek(isPlaying: boolean): boolean {
    const now = this.tools.timers.now();
    const isTooSoon = isPlaying && now - this.caughtUpMs < catchUpEveryMs[this.lane.kind];
    if (!isTooSoon) this.isCatchingUp = isPlaying;
    if (isPlaying && !isTooSoon) this.caughtUpMs = now;
    return !isTooSoon;
  }

  /** An address that is too old is not even tried for what was not loaded. */
  private canReach(targetS: number, { fileId }: Piece): boolean {
    return (
      this.tools.urls.isFresh(fileId) || loadedAheadS(this.element.buffered, targetS) !== undefined
    );
  }

  private play(): void {
    this.element.play().catch((error: unknown) => {
      if (error instanceof Error && error.name === 'NotAllowedError') this.tools.blocked();
    });
  }

  private open(piece: Piece): void {
    this.cancelRetry();
    if (!this.element.paused) this.element.pause();
    if (this.piece?.fileId !== piece.fileId) this.failures = 0;
    this.hasGivenUp = false;
    this.piece = piece;
    this.originS = undefined;
    this.caughtUpMs = Number.NEGATIVE_INFINITY;
    const isWanted = () => this.piece === piece;
    this.tools.urls.of(piece.fileId).then(
      (url) => {
        if (!isWanted()) return;
        this.element.src = url;
        this.element.load();
      },
      (error: unknown) => isWanted() && this.tryLater(piece, codeOf(error)),
    );
  }

  private drop(): void {
    this.cancelRetry();
    if (!this.piece) return;
    this.piece = undefined;
    this.originS = undefined;
    this.element.pause();
    this.element.removeAttribute('src');
    this.element.load();
  }

  private readonly opened = (): void => {
    if (!this.piece) return;
    this.originS = originOf(this.element, this.piece);
    this.follow(this.last);
  };

  /** The address has run out, or the way was cut: from where it was, by a new one. */
  private readonly broke = (): void => {
    const { piece } = this;
    if (!piece || !this.element.error) return;
    this.originS = undefined;
    this.tools.urls.forget(piece.fileId);
    this.tryLater(piece, 'unreachable');
  };

  private tryLater(piece: Piece, code: ClientCode): void {
    const waitMs = retriesMs[this.failures];
    this.failures += 1;
    this.failedAtMs = this.last.positionMs;
    const isHopeless = code === 'not_found' || code === 'forbidden' || code === 'unauthenticated';
    this.cancelRetry();
    if (waitMs === undefined || isHopeless) {
      this.hasGivenUp = true;
      this.tools.failed(code);
      return;
    }
    this.cancelRetry = this.tools.timers.after(waitMs, () => {
      if (this.piece === piece) this.open(piece);
    });
  }
}

/** The further away, the faster. */
function nudgeOf(offsetS: number): number {
  const size = Math.min(nudge.most, Math.max(nudge.least, Math.abs(offsetS) / 2));
  return Math.sign(offsetS) * size;
}
