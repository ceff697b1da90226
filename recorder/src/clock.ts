/** Time as a recorder sees it; control's clock is one. */
export interface RecorderClock {
  /** Wall clock, ms since 1970: only to be shown. */
  now(): number;
  /** Never jumps, ms. */
  monotonic(): number;
  /** Runs `task` once; the returned function calls it off. */
  after(delayMs: number, task: () => void): () => void;
}
