/** What kind of fleet a seed makes; the seed says it before anything is drawn from it. */
export interface Shape {
  /** Control processes, nodes and people of two regions, and a way between them that may be cut. */
  hasTwoRegions: boolean;
}

/** Not before the faults are mended that it finds (docs/simulation.md): this line switches it on. */
const isRegionsOn: boolean = false;

/** Two regions for each second seed. */
export function shapeOf(seed: number): Shape {
  return { hasTwoRegions: isRegionsOn && seed % 2 === 1 };
}
