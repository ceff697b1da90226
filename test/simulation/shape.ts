/** What kind of fleet a seed makes; the seed says it before anything is drawn from it. */
export interface Shape {
  /** Control processes, nodes and people of two regions, and a way between them that may be cut. */
  hasTwoRegions: boolean;
  /** Hosts end their meetings now and then, and everybody opens them again. */
  hasEnds: boolean;
}

export const plain: Shape = { hasTwoRegions: false, hasEnds: false };

/** Half of the seeds each. */
export function shapeOf(seed: number): Shape {
  return { hasTwoRegions: seed % 2 === 1, hasEnds: seed % 4 >= 2 };
}
