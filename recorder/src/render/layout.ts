/** A scene → where its tiles lie on the canvas. Pure; all numbers are even, as the colours of H.264 want it. */
import type { Scene, Tile } from './plan.js';

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface PlacedTile {
  tile: Tile;
  whole: Rectangle;
  /** Where the picture goes; it keeps its shape, and what is left stays dark. */
  picture: Rectangle;
  /** Under the picture. */
  name: Rectangle;
}

export const canvas = { width: 1280, height: 720 } as const;

const space = 8;
const stripWidth = 264;
/** Up to this height a tile has a narrow line for its name. */
const lowTile = 300;

const even = (value: number) => Math.floor(value / 2) * 2;

export function placed(scene: Scene): PlacedTile[] {
  const { large, tiles } = scene;
  const whole = { x: 0, y: 0, ...canvas };
  if (!large) return grid(tiles, whole);
  if (tiles.length === 0) return grid([large], whole);
  const left = { x: 0, y: 0, width: canvas.width - stripWidth, height: canvas.height };
  return [...grid([large], left), ...strip(tiles)];
}

/** Columns and rows in which `count` tiles of 16:9 get largest. */
function shapeOf(count: number, area: Rectangle): { columns: number; rows: number } {
  let best = { columns: 1, rows: count, scale: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const scale = Math.min(area.width / columns / 16, area.height / rows / 9);
    if (scale >= best.scale) best = { columns, rows, scale };
  }
  return best;
}

function grid(tiles: readonly Tile[], area: Rectangle): PlacedTile[] {
  const { columns, rows } = shapeOf(tiles.length, area);
  const width = even((area.width - space * (columns + 1)) / columns);
  const height = even((area.height - space * (rows + 1)) / rows);
  return tiles.map((tile, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, tiles.length - row * columns);
    // The last row stands in the middle.
    const shift = even(((columns - inRow) * (width + space)) / 2);
    const x = area.x + space + shift + (index % columns) * (width + space);
    const y = area.y + space + row * (height + space);
    return placedIn(tile, { x, y, width, height });
  });
}

/** One under another, at the right. */
function strip(tiles: readonly Tile[]): PlacedTile[] {
  const width = stripWidth - space;
  const most = even((canvas.height - space * (tiles.length + 1)) / tiles.length);
  const height = Math.min(most, even((width * 9) / 16) + nameHeight(0));
  return tiles.map((tile, index) => {
    const y = space + index * (height + space);
    return placedIn(tile, { x: canvas.width - stripWidth, y, width, height });
  });
}

const nameHeight = (tileHeight: number) => (tileHeight > lowTile ? 32 : 24);

function placedIn(tile: Tile, whole: Rectangle): PlacedTile {
  const line = nameHeight(whole.height);
  return {
    tile,
    whole,
    picture: { ...whole, height: whole.height - line },
    name: { ...whole, y: whole.y + whole.height - line, height: line },
  };
}
