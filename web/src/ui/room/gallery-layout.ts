/** How many tiles of what size fill a box best: pure geometry. */

export interface Box {
  width: number;
  height: number;
}

export interface GalleryLayout {
  columns: number;
  rows: number;
  /** Of one tile, in the unit of the box. */
  tile: Box;
}

/** Tiles of a page at most (product row 11); on a phone four pictures and the own one (§5). */
export function tilesPerPage(screen: { isWide: boolean; isPhone: boolean }): number {
  if (screen.isPhone) return 5;
  return screen.isWide ? 49 : 25;
}

/** Faces are not recognised in less; CSS pixels. */
const leastTileWidth = 132;

/** From wide to square: a portrait phone is filled better by squarer tiles. */
const aspects = [16 / 9, 4 / 3, 1] as const;

/** The arrangement with the largest tiles. `gap` lies between tiles, not around them. */
export function layoutOf(count: number, box: Box, gap: number): GalleryLayout {
  let best: GalleryLayout = { columns: 1, rows: Math.max(1, count), tile: { width: 0, height: 0 } };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    for (const aspect of aspects) {
      const tile = largestTile(columns, rows, aspect, box, gap);
      if (areaOf(tile) > areaOf(best.tile) * 1.02) best = { columns, rows, tile };
    }
  }
  return best;
}

/** How many of `count` tiles this box holds, at least 1. */
export function pageSizeFor(count: number, box: Box, gap: number): number {
  let size = count;
  while (size > 1 && layoutOf(size, box, gap).tile.width < leastTileWidth) size -= 1;
  return Math.max(1, size);
}

function largestTile(columns: number, rows: number, aspect: number, box: Box, gap: number): Box {
  const across = (box.width - gap * (columns - 1)) / columns;
  const down = (box.height - gap * (rows - 1)) / rows;
  const width = Math.max(0, Math.floor(Math.min(across, down * aspect)));
  return { width, height: Math.floor(width / aspect) };
}

function areaOf({ width, height }: Box): number {
  return width * height;
}
