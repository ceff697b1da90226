/** What a simulation leaves behind: every packet of a flow, as columns that grow. */

export interface LayerChange {
  readonly atUs: number;
  readonly sentUs: number;
  readonly layer: number;
}

/** A probe that the controller asked for. */
export interface ProbeAsked {
  readonly atUs: number;
  readonly bps: number;
  /** Whether loss was taking the target down at that moment. */
  readonly isLossDecreasing: boolean;
}

export class FlowRecord {
  #count = 0;
  #sentUs = new Float64Array(4096);
  #waitUs = new Float64Array(4096);
  #arrivedUs = new Float64Array(4096);
  #bytes = new Uint16Array(4096);
  /** The controller's targets over time; of cross traffic none. */
  readonly targets: { readonly atUs: number; readonly bps: number }[] = [];
  /** Layers as the receiver saw them change, and when the packet that showed it was sent. */
  readonly layers: LayerChange[] = [];
  readonly probes: ProbeAsked[] = [];
  /** What was sent and is not media: probes are filled up with it. */
  readonly fill: { readonly sentUs: number; readonly bytes: number }[] = [];

  constructor(
    readonly id: string,
    readonly isMedia: boolean,
  ) {}

  get count(): number {
    return this.#count;
  }

  /** `arrivedUs`: NaN of a packet that was lost. */
  add(sentUs: number, bytes: number, waitUs: number, arrivedUs: number): void {
    if (this.#count === this.#bytes.length) this.#grow();
    this.#sentUs[this.#count] = sentUs;
    this.#bytes[this.#count] = bytes;
    this.#waitUs[this.#count] = waitUs;
    this.#arrivedUs[this.#count] = arrivedUs;
    this.#count += 1;
  }

  sentUs(index: number): number {
    return this.#sentUs[index] as number;
  }

  waitUs(index: number): number {
    return this.#waitUs[index] as number;
  }

  arrivedUs(index: number): number {
    return this.#arrivedUs[index] as number;
  }

  isLost(index: number): boolean {
    return Number.isNaN(this.#arrivedUs[index]);
  }

  /** Bytes sent from `fromUs` up to `toUs`, lost ones too. */
  sentBytes(fromUs: number, toUs: number): number {
    let bytes = 0;
    for (let index = 0; index < this.#count; index += 1) {
      const at = this.#sentUs[index] as number;
      if (at >= fromUs && at < toUs) bytes += this.#bytes[index] as number;
    }
    return bytes;
  }

  /** Bits received from `fromUs` up to `toUs`. */
  receivedBits(fromUs: number, toUs: number): number {
    let bytes = 0;
    for (let index = 0; index < this.#count; index += 1) {
      const at = this.#arrivedUs[index] as number;
      if (at >= fromUs && at < toUs) bytes += this.#bytes[index] as number;
    }
    return 8 * bytes;
  }

  /** Bits received in each of `bins` intervals of `binUs` from 0 on. */
  receivedBins(binUs: number, bins: number): Float64Array {
    const bits = new Float64Array(bins);
    for (let index = 0; index < this.#count; index += 1) {
      const bin = Math.floor((this.#arrivedUs[index] as number) / binUs);
      if (bin >= 0 && bin < bins)
        bits[bin] = (bits[bin] as number) + 8 * (this.#bytes[index] as number);
    }
    return bits;
  }

  #grow(): void {
    const size = 2 * this.#bytes.length;
    const enlarge = (column: Float64Array) => {
      const larger = new Float64Array(size);
      larger.set(column);
      return larger;
    };
    this.#sentUs = enlarge(this.#sentUs);
    this.#waitUs = enlarge(this.#waitUs);
    this.#arrivedUs = enlarge(this.#arrivedUs);
    const bytes = new Uint16Array(size);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}
