/**
 * Which encodings of a publication of another node are to be sent here: those that somebody gets or
 * is to get. Not public.
 */
import type { NodeClock, SharedTimer } from './clock.js';
import { isUser } from './layer-demand.js';
import type { Layer, LivePublication } from './publication.js';

/** What was left may be gone back to, and to begin again costs a key frame. */
const KEPT_MS = 2000;

/** A subscription or a tap: what is to flow to it, what does. */
interface Receiver {
  readonly aimed: Layer | null;
  readonly layer: Layer | null;
  readonly isConnected: boolean;
}

export class EncodingNeed {
  /** Ascending. */
  encodings: readonly number[] = [];
  readonly #publication: LivePublication;
  readonly #clock: NodeClock;
  readonly #timer: SharedTimer;
  readonly #changed: () => void;
  readonly #drop = () => this.#settle();
  #isDropping = false;

  constructor(publication: LivePublication, changed: () => void) {
    this.#publication = publication;
    this.#clock = publication.core.clock;
    this.#timer = publication.core.timer;
    this.#changed = changed;
  }

  /** To be called when what a subscription gets or is to get, or what is alive, has changed. */
  update(): void {
    const wanted = this.#wanted();
    const all = new Set([...this.encodings, ...wanted]);
    this.#move(all);
    if (wanted.size === all.size) this.close();
    else if (!this.#isDropping) {
      this.#isDropping = true;
      this.#timer.set(this.#drop, this.#clock.now() + KEPT_MS);
    }
  }

  close(): void {
    this.#isDropping = false;
    this.#timer.set(this.#drop, Number.POSITIVE_INFINITY);
  }

  #settle(): void {
    this.#isDropping = false;
    this.#move(this.#wanted());
  }

  #move(encodings: ReadonlySet<number>): void {
    if (encodings.size === this.encodings.length && this.encodings.every((e) => encodings.has(e))) {
      return;
    }
    this.encodings = [...encodings].sort((a, b) => a - b);
    this.#changed();
  }

  #wanted(): Set<number> {
    const wanted = new Set<number>();
    const { subscriptions, taps } = this.#publication;
    for (const receiver of [...[...subscriptions].filter(isUser), ...taps]) {
      for (const encoding of this.#wantedBy(receiver)) wanted.add(encoding);
    }
    return wanted;
  }

  #wantedBy({ aimed, layer, isConnected }: Receiver): number[] {
    const { kind, layering } = this.#publication;
    if (kind === 'audio') return isConnected ? [0] : [];
    if (!layering.isSimulcast) return aimed || layer ? [0] : [];
    const goal = this.#goalOf(aimed);
    return layer ? [goal ?? layer.spatial, layer.spatial] : goal === null ? [] : [goal];
  }

  /** As the engine chooses it: the highest that delivers and is not above the target. */
  #goalOf(aimed: Layer | null): number | null {
    if (aimed === null) return null;
    const { layering, track } = this.#publication;
    let goal = Math.min(aimed.spatial, track.encodings.length - 1);
    while (goal >= 0 && !layering.isAlive(goal)) goal--;
    return goal < 0 ? null : goal;
  }
}
