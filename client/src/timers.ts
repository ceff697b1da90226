/** Time as an argument: the browser's in the product, a hand-driven one in tests. */
export interface Timers {
  /** Milliseconds since some fixed moment; never goes backwards. */
  now(): number;
  /** Calls once after `ms`; the returned function cancels. */
  after(ms: number, call: () => void): () => void;
}

export const realTimers: Timers = {
  now: () => performance.now(),
  after(ms, call) {
    const id = setTimeout(call, ms);
    return () => clearTimeout(id);
  },
};
