/** What is known of the layers of one publication: declared by the client, measured by the engine. */
import type { LayerStructure, TrackLayer } from './allocation/inputs.js';
import { highestUsefulSpatial } from './allocation/viewport.js';
import type { LayerRate } from './engine/contract.gen.js';
import type { CodecName } from './negotiation/codecs.js';
import type { NegotiatedEncoding } from './negotiation/publish.js';
import type { DeclaredEncoding, Layer, PublicationLayer } from './publication.js';

/** A new publication delivers its first layers while none counts as steady yet. */
const FIRST_MS = 3000;

export class PublicationLayers {
  /** What the allocator is told; replaced when something in it changes. */
  rates: readonly TrackLayer[];
  /** False: `rates` is what the client declared. */
  isMeasured = false;
  /** By encoding; of one stream the declared rate is that of all its layers together: none. */
  readonly declaredBps: readonly (number | undefined)[];
  readonly fullFps: number | undefined;
  readonly #encodings: readonly NegotiatedEncoding[];
  readonly #declared: readonly (DeclaredEncoding | undefined)[];
  #sizes: { width: number; height: number }[];
  #firstUs = 0;

  constructor(
    encodings: readonly NegotiatedEncoding[],
    declared: readonly DeclaredEncoding[] | undefined,
  ) {
    this.#encodings = encodings;
    this.#declared = encodings.map(
      ({ rid }, index) =>
        declared?.find((one) => (one.rid ?? '') === rid && rid !== '') ?? declared?.[index],
    );
    this.declaredBps = this.isSimulcast ? this.#declared.map((one) => one?.maxBitrateBps) : [];
    this.fullFps = this.#declared.at(-1)?.maxFps;
    this.rates = encodings.map((_, spatial) => ({
      ...{ spatial, temporal: 0, bitrateBps: 0, alive: true, width: 0, height: 0 },
    }));
    this.#sizes = encodings.map(() => ({ width: 0, height: 0 }));
  }

  get isSimulcast(): boolean {
    return this.#encodings.length > 1;
  }

  /** Browsers send VP9 with layers as k-SVC unless told otherwise, AV1 as full SVC. */
  structureOf(codec: CodecName): LayerStructure {
    if (this.isSimulcast) return 'simulcast';
    return codec === 'vp9' ? 'key_svc' : 'svc';
  }

  /** Returns whether layers came, died or changed in size, not only in rate. */
  handleRates(atUs: number, measured: readonly LayerRate[]): boolean {
    if (measured.length === 0) return false;
    if (!this.isMeasured) this.#firstUs = atUs;
    const isNew = !measured.some(({ alive }) => alive) && atUs < this.#firstUs + 1000 * FIRST_MS;
    const before = this.isMeasured ? shapeOf(this.rates) : '';
    const isFlowing = measured.some(({ bitrateBps }) => bitrateBps > 0);
    this.rates = measured.map((layer) => {
      // The engine tells encodings apart; inside of one a layer without a frame is not sent.
      const isSent = this.isSimulcast || layer.bitrateBps > 0 || !isFlowing;
      return { ...layer, alive: isNew || (layer.alive && isSent) };
    });
    this.isMeasured = true;
    this.#noteSizes(measured);
    return shapeOf(this.rates) !== before;
  }

  /** As another node has measured them. Returns whether more than rates has changed. */
  adopt(measured: readonly TrackLayer[]): boolean {
    if (measured.length === 0) return false;
    const before = this.isMeasured ? shapeOf(this.rates) : '';
    this.rates = measured;
    this.isMeasured = true;
    this.#noteSizes(measured);
    return shapeOf(this.rates) !== before;
  }

  /** Whether packets of an encoding arrive, as far as it is known. */
  isAlive(encoding: number): boolean {
    const layers = this.isSimulcast
      ? this.rates.filter(({ spatial }) => spatial === encoding)
      : this.rates;
    return layers.some(({ alive }) => alive);
  }

  /** The highest encoding that a tile of this size can use; of unknown sizes the highest of all. */
  highestUseful(tile: { width?: number; height?: number; maxLayer?: Layer }): number {
    const pictures = this.#pictures.map((size, spatial) => ({
      ...{ spatial, temporal: 0, bitrateBps: 0, alive: true },
      ...size,
    }));
    const top = this.#encodings.length - 1;
    return Math.min(top, highestUsefulSpatial(pictures, tile), tile.maxLayer?.spatial ?? top);
  }

  /** Every layer that is declared or was measured, the lowest first. */
  describe(): PublicationLayer[] {
    const pictures = this.#pictures;
    const known: Layer[] = [...this.rates];
    const missing = this.#encodings.flatMap((_, spatial) =>
      known.some((layer) => layer.spatial === spatial) ? [] : { spatial, temporal: 0 },
    );
    return [...known, ...missing]
      .sort((a, b) => a.spatial - b.spatial || a.temporal - b.temporal)
      .map(({ spatial, temporal }) => {
        const { width = 0, height = 0 } = pictures[spatial] ?? {};
        const declared = this.isSimulcast ? this.#declared[spatial] : this.#declared[0];
        return {
          ...{ spatial, temporal },
          ...(width > 0 && height > 0 ? { width, height } : {}),
          ...(declared?.maxBitrateBps ? { maxBitrateBps: declared.maxBitrateBps } : {}),
        };
      });
  }

  /** Encodings switched on up to this one. */
  encodingsUpTo(top: number) {
    return this.#encodings.map(({ rid }, index) => {
      const maxBitrateBps = this.#declared[index]?.maxBitrateBps;
      return { rid, active: index <= top, ...(maxBitrateBps ? { maxBitrateBps } : {}) };
    });
  }

  #noteSizes(measured: readonly TrackLayer[]): void {
    for (const { spatial, width, height } of measured) {
      if (width > 0 && height > 0) this.#sizes[spatial] = { width, height };
    }
  }

  /** Measured sizes; those never seen follow from a sibling and the declared scales. */
  get #pictures(): { width: number; height: number }[] {
    const known = this.#sizes.findIndex((size) => (size?.width ?? 0) > 0);
    const scale = this.#declared[known]?.scale;
    return this.#sizes.map((size, spatial) => {
      const own = this.#declared[spatial]?.scale;
      const sibling = this.#sizes[known];
      if (size.width > 0 || !sibling || !scale || !own || !this.isSimulcast) return size;
      const ratio = scale / own;
      return {
        width: Math.round(sibling.width * ratio),
        height: Math.round(sibling.height * ratio),
      };
    });
  }
}

function shapeOf(layers: readonly TrackLayer[]): string {
  return layers
    .map((layer) => [layer.spatial, layer.temporal, layer.alive, layer.width, layer.height])
    .join(';');
}
