/** The allocator of the product for one subscriber of one simulcast track (algorithms.md, 6.4). */
import { allocate, INITIAL_STATE } from '../../lib/allocation/allocate.js';
import type { LayerIndex, TrackLayer } from '../../lib/allocation/inputs.js';

const RUN_US = 200_000;

export interface LayerChoice {
  /** null: paused. */
  readonly layer: LayerIndex | null;
  readonly wantBps: number;
}

export class LayerChooser {
  layers: readonly TrackLayer[];
  /** What flows now, as the engine tells. */
  forwarded: LayerIndex | null = null;

  #state = INITIAL_STATE;
  #ranUs = Number.NEGATIVE_INFINITY;
  #ranBps = 0;
  #chosen: LayerIndex | null | undefined;

  /** `layersBps`: what is known of the layers until the engine has measured them. */
  constructor(layersBps: readonly number[]) {
    this.layers = layersBps.map((bitrateBps, spatial) => ({
      ...{ spatial, temporal: 0, bitrateBps, alive: true },
      ...{ width: 320 << spatial, height: 180 << spatial },
    }));
  }

  /** Runs when due; the choice, if it is another one, and what is wanted in any case. */
  run(estimateBps: number, nowUs: number): (LayerChoice & { readonly isNew: boolean }) | undefined {
    const ratio = estimateBps / this.#ranBps;
    if (nowUs - this.#ranUs < RUN_US && ratio > 0.95 && ratio < 1.1) return undefined;
    this.#ranUs = nowUs;
    this.#ranBps = estimateBps;
    const track = {
      ...{ id: 'camera', priority: 100, isOnStage: false, isVisible: true },
      ...{ structure: 'simulcast' as const, layers: this.layers, limit: {} },
      forwarded: this.forwarded,
    };
    const result = allocate(
      { estimateBps, audioBps: 0, tracks: [track] },
      this.#state,
      nowUs / 1000,
    );
    this.#state = result.state;
    const layer = result.targets[0]?.layer ?? null;
    const isNew = this.#chosen === undefined || layer?.spatial !== this.#chosen?.spatial;
    this.#chosen = layer;
    return { layer, wantBps: result.wantBps, isNew };
  }
}
