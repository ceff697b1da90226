/** What kind of fleet a seed makes; the seed says it before anything is drawn from it. */
export interface Shape {
  /** Control processes, nodes and people of two regions, and a way between them that may be cut. */
  hasTwoRegions: boolean;
}

/** Two regions for each second seed. */
export function shapeOf(seed: number): Shape {
  return { hasTwoRegions: seed % 2 === 1 };
}
