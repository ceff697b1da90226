/**
 * The square that is cut out of a picture. `zoom` 1 is the largest square that fits; `x` and `y` say
 * where its middle lies, as shares of the picture.
 */
export interface Crop {
  zoom: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export interface Square {
  left: number;
  top: number;
  side: number;
}

export const maxZoom = 4;
export const wholeCrop: Crop = { zoom: 1, x: 0.5, y: 0.5 };

/** In pixels of the picture, never outside of it. */
export function squareOf({ width, height }: Size, { zoom, x, y }: Crop): Square {
  const side = Math.min(width, height) / clamp(zoom, 1, maxZoom);
  return {
    left: clamp(x * width - side / 2, 0, width - side),
    top: clamp(y * height - side / 2, 0, height - side),
    side,
  };
}

/** `crop` moved by shares of its own side: 1 shows what lay just beside it. */
export function moved(size: Size, crop: Crop, by: { x: number; y: number }): Crop {
  const { left, top, side } = squareOf(size, crop);
  const middle = (at: number, length: number) =>
    clamp(at + side / 2, side / 2, length - side / 2) / length;
  return {
    zoom: crop.zoom,
    x: middle(left + by.x * side, size.width),
    y: middle(top + by.y * side, size.height),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
