/** Repeatable random numbers: one stream per purpose, so that one more draw disturbs no other. */

export interface Random {
  /** [0, 1) */
  uniform(): number;
  normal(): number;
  exponential(mean: number): number;
}

/** A stream named by a seed and a purpose (splitmix32 over a hash of both). */
export function makeRandom(seed: number, purpose: string): Random {
  let state = Math.imul(seed, 0x9e3779b1) | 0;
  for (let index = 0; index < purpose.length; index += 1) {
    state = Math.imul(state ^ purpose.charCodeAt(index), 0x85ebca6b);
    state ^= state >>> 13;
  }
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const uniform = () => next() / 2 ** 32;
  let spare: number | undefined;
  const normal = () => {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, normal, exponential: (mean) => -mean * Math.log(1 - uniform()) };
}
