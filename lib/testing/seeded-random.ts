/** Repeatable random integers from 0 to `below` − 1 (xorshift32, Marsaglia 2003). For tests. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
