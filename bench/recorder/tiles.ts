/** A picture of several people, and their sound together: whose is what. */
import { findFlashes, type Region } from './flashes.js';
import { offsetFigures, type Point, pairOffsets } from './offsets.js';
import { onsetsOf, soundOf } from './tones.js';

/** Where tiles may be: the middles of a grid as large as the number of people asks for. */
function* tilesOf(people: number): Generator<Region> {
  const columns = Math.ceil(Math.sqrt(people));
  const rows = Math.ceil(people / columns);
  const [width, height] = [1 / columns, 1 / rows];
  for (let n = 0; n < columns * rows; n += 1) {
    const [column, row] = [n % columns, Math.floor(n / columns)];
    yield {
      ...{ x: (column + 0.4) * width, y: (row + 0.4) * height },
      ...{ width: 0.2 * width, height: 0.2 * height },
    };
  }
}

/** Each tile's flashes with the tones of whom it shows: people blink at different times, so they tell each other apart. */
export async function offsetsInTiles(file: string, tonesHz: readonly number[]): Promise<Point[]> {
  const sound = await soundOf(file);
  const tones = tonesHz.map((hz) => onsetsOf(sound, hz));
  const all: Point[] = [];
  for (const region of tilesOf(tonesHz.length)) {
    const flashes = await findFlashes(file, region);
    const offered = tones
      .map((those) => pairOffsets(flashes, those))
      .filter(({ length }) => length > 0);
    offered.sort((one, other) => offsetFigures(one).medianMs - offsetFigures(other).medianMs);
    all.push(...(offered[0] ?? []));
  }
  return all;
}
