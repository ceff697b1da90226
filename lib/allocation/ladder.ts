/** The layers of a track in the order in which quality rises, each with what it costs (6.2). */
import type { AllocationTrack, LayerIndex, LayerStructure, TrackLayer } from './inputs.js';
import { highestUsefulSpatial, highestUsefulTemporal } from './viewport.js';

export interface Rung extends LayerIndex {
  /** Everything that has to flow for this layer, bit/s. */
  readonly costBps: number;
  /** Of the key picture with which the spatial layer begins, bits; 0: none was seen. */
  readonly keyBits: number;
}

/** Full rates by spatial layer where nothing is measured or declared: 180p, 360p, 720p, above. */
const NOMINAL_BPS = [150_000, 500_000, 1_500_000, 3_000_000];
/** Heights up to which the entries of NOMINAL_BPS hold. */
const NOMINAL_HEIGHTS = [180, 360, 720];
/** Part of a full rate that each temporal layer takes, by their number (libwebrtc's VP8 shares). */
const TEMPORAL_SHARES = [[1], [0.6, 0.4], [0.4, 0.2, 0.4], [0.25, 0.15, 0.2, 0.4]];
/** Which part of the lower spatial layers must flow too; in k-SVC about what key pictures take. */
const LOWER_SHARES: Record<LayerStructure, number> = { simulcast: 0, svc: 1, key_svc: 0.05 };

/** What was worked out for an array of layers; its viewers share what they may use of it. */
interface Known {
  readonly rungs: readonly Rung[];
  /** By the highest useful spatial and temporal layer. */
  readonly useful: (readonly Rung[])[];
}

/** No codec has more layers of a kind. */
export const TOP = 7;

/** Keyed by the array of layers, which is replaced when something in it changes. */
const known = new WeakMap<readonly TrackLayer[], Known>();

/**
 * The living layers that the viewer can use, the lowest first: temporal layers rise before the next
 * spatial one. The spatial layers in `unavailable` are left out unless nothing else is there.
 */
export function ladderOf(
  track: AllocationTrack,
  unavailable: readonly { readonly spatial: number }[] = [],
): readonly Rung[] {
  const useful = usefulRungs(track);
  if (unavailable.length === 0) return useful;
  const isAvailable = (rung: Rung) => !unavailable.some(({ spatial }) => spatial === rung.spatial);
  const available = useful.filter(isAvailable);
  return available.length > 0 ? available : useful;
}

function usefulRungs(track: AllocationTrack): readonly Rung[] {
  const { layers, limit, fullFps } = track;
  let of = known.get(layers);
  if (!of) {
    of = { rungs: buildRungs(track), useful: [] };
    known.set(layers, of);
  }
  const { spatial = TOP, temporal = TOP } = limit.maxLayer ?? {};
  const highest = {
    spatial: Math.min(TOP, spatial, highestUsefulSpatial(layers, limit)),
    temporal: Math.min(TOP, temporal, highestUsefulTemporal(layers, limit.maxFps, fullFps)),
  };
  const key = (TOP + 1) * highest.spatial + highest.temporal;
  let useful = of.useful[key];
  if (!useful) {
    useful = upTo(of.rungs, highest);
    of.useful[key] = useful;
  }
  return useful;
}

/** What is too good is better than nothing when only that lives. */
function upTo(rungs: readonly Rung[], { spatial, temporal }: LayerIndex): readonly Rung[] {
  const useful = rungs.filter((rung) => rung.spatial <= spatial && rung.temporal <= temporal);
  return useful.length > 0 ? useful : rungs.slice(0, 1);
}

/** Where a layer stands: the highest rung that is not above it, the lowest if all are; -1: none. */
export function levelOf(ladder: readonly Rung[], { spatial, temporal }: LayerIndex): number {
  for (let level = ladder.length - 1; level > 0; level--) {
    const rung = ladder[level] as Rung;
    if (rung.spatial < spatial) return level;
    if (rung.spatial === spatial && rung.temporal <= temporal) return level;
  }
  return ladder.length === 0 ? -1 : 0;
}

/** -1: nothing flows. */
export function costOf(ladder: readonly Rung[], level: number): number {
  return ladder[level]?.costBps ?? 0;
}

function buildRungs({ layers, declaredBps, structure }: AllocationTrack): Rung[] {
  const ratesBps = completeRates(layers, declaredBps ?? []);
  const lowerShare = LOWER_SHARES[structure];
  const rungs: Rung[] = [];
  for (let index = 0; index < layers.length; index++) {
    const { spatial, temporal, alive } = layers[index] as TrackLayer;
    if (!alive) continue;
    let [costBps, keyBits] = [0, 0];
    for (let other = 0; other < layers.length; other++) {
      const lower = layers[other] as TrackLayer;
      if (lower.temporal > temporal || lower.spatial > spatial) continue;
      if (lower.temporal === 0) keyBits += 8 * (lower.keyBytes ?? 0);
      const share = lower.spatial === spatial ? 1 : lowerShare;
      costBps += share * (ratesBps[other] as number);
    }
    rungs.push({ spatial, temporal, costBps, keyBits });
  }
  return rungs.sort((a, b) => a.spatial - b.spatial || a.temporal - b.temporal);
}

/** Measured rates; where there is none the nominal one, scaled as this publisher's others are. */
function completeRates(
  layers: readonly TrackLayer[],
  declaredBps: readonly (number | undefined)[],
): number[] {
  const measured = layers.map(({ bitrateBps }) => bitrateBps);
  if (!measured.includes(0)) return measured;
  const nominal = layers.map((layer) => nominalBps(layers, layer, declaredBps[layer.spatial]));
  let [measuredSum, nominalSum] = [0, 0];
  measured.forEach((bitrateBps, index) => {
    if (bitrateBps === 0) return;
    measuredSum += bitrateBps;
    nominalSum += nominal[index] as number;
  });
  const ratio = nominalSum > 0 ? measuredSum / nominalSum : 1;
  return measured.map((bitrateBps, index) => bitrateBps || ratio * (nominal[index] as number));
}

function nominalBps(
  layers: readonly TrackLayer[],
  { spatial, temporal, height }: TrackLayer,
  declaredBps: number | undefined,
): number {
  const step = height > 0 ? NOMINAL_HEIGHTS.findIndex((limit) => height <= limit) : spatial;
  const fullBps = declaredBps ?? NOMINAL_BPS.at(Math.min(step, 3)) ?? 0;
  const count = layers.filter((layer) => layer.spatial === spatial).length;
  return fullBps * (TEMPORAL_SHARES[Math.min(count, 4) - 1]?.[temporal] ?? 1 / count);
}
