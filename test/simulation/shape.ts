/** What kind of fleet a seed makes; the seed says it before anything is drawn from it. */
export interface Shape {
  /** Control processes, nodes and people of two regions, and a way between them that may be cut. */
  hasTwoRegions: boolean;
  /** One of them has two processes, and cuts are long: one of the two dies meanwhile. */
  diesBehindCut: boolean;
}

/** Two regions for each second seed, of which every fourth loses processes behind a cut. */
export function shapeOf(seed: number): Shape {
  return { hasTwoRegions: seed % 2 === 1, diesBehindCut: seed % 8 === 5 };
}
