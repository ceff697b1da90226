/** Which layers a tile can show: more pixels or frames than it has would be wasted. */
import type { TrackLayer, ViewLimit } from './inputs.js';

/** A picture may be stretched so much before the next layer is worth its bits. */
const STRETCH = 1.2;
const DEFAULT_FPS = 30;
/** Frame rates are what publishers aim at, not what they keep to the frame. */
const FPS_TOLERANCE = 1.1;

/**
 * The lowest spatial layer that fills the tile, if one does; infinite when nothing limits. The
 * picture is fitted into the tile whole, so the smaller of the two ratios counts.
 */
export function highestUsefulSpatial(
  layers: readonly TrackLayer[],
  { width = 0, height = 0 }: ViewLimit,
): number {
  if (width === 0 && height === 0) return Number.POSITIVE_INFINITY;
  let useful = Number.POSITIVE_INFINITY;
  for (const layer of layers) {
    if (layer.width === 0 || layer.height === 0 || layer.spatial >= useful) continue;
    const across = width === 0 ? Number.POSITIVE_INFINITY : width / layer.width;
    const down = height === 0 ? Number.POSITIVE_INFINITY : height / layer.height;
    if (Math.min(across, down) <= STRETCH) useful = layer.spatial;
  }
  return useful;
}

/** The highest temporal layer not above `maxFps`; each one below has half the frames. */
export function highestUsefulTemporal(
  layers: readonly TrackLayer[],
  maxFps = Number.POSITIVE_INFINITY,
  fullFps = DEFAULT_FPS,
): number {
  if (maxFps * FPS_TOLERANCE >= fullFps) return Number.POSITIVE_INFINITY;
  let highest = 0;
  for (const { temporal } of layers) highest = Math.max(highest, temporal);
  let fps = fullFps;
  for (; highest > 0 && fps > maxFps * FPS_TOLERANCE; highest--) fps /= 2;
  return highest;
}
