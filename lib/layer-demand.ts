/**
 * Which encodings of a publication anybody can use. Raised at once, lowered 5 s after the last who
 * could: what nobody can use the client need not send.
 */
import type { NodeClock, SharedTimer } from './clock.js';
import type { LivePublication } from './publication.js';
import type { LiveSubscription } from './subscription.js';

/** Somebody may come back; a stopped encoder takes a moment to start. */
const KEPT_MS = 5000;

export class LayerDemand {
  /** The highest encoding that is asked for; -1: none. */
  top: number;
  readonly #publication: LivePublication;
  readonly #clock: NodeClock;
  readonly #timer: SharedTimer;
  readonly #changed: () => void;
  readonly #lower = () => this.#settle();
  #isLowering = false;

  /** `top`: what is taken to be asked for at first. */
  constructor(publication: LivePublication, top: number, changed: () => void) {
    this.#publication = publication;
    this.#clock = publication.core.clock;
    this.#timer = publication.core.timer;
    this.#changed = changed;
    this.top = top;
    this.update();
  }

  /** To be called when a subscription or the size of a layer has changed. */
  update(): void {
    const wanted = this.#wanted();
    if (wanted > this.top) this.#move(wanted);
    if (wanted >= this.top) this.close();
    else if (!this.#isLowering) {
      this.#isLowering = true;
      this.#timer.set(this.#lower, this.#clock.now() + KEPT_MS);
    }
  }

  close(): void {
    this.#isLowering = false;
    this.#timer.set(this.#lower, Number.POSITIVE_INFINITY);
  }

  #settle(): void {
    this.#isLowering = false;
    this.#move(this.#wanted());
  }

  #wanted(): number {
    const { layering, subscriptions, outlets, taps, track } = this.#publication;
    let wanted = taps.size > 0 ? layering.highestUseful({}) : -1;
    for (const { top } of outlets) wanted = Math.max(wanted, top);
    wanted = Math.min(wanted, track.encodings.length - 1);
    for (const subscription of subscriptions) {
      if (!isUser(subscription)) continue;
      wanted = Math.max(wanted, layering.highestUseful(subscription.settings));
    }
    return wanted;
  }

  #move(top: number): void {
    if (top === this.top) return;
    this.top = top;
    this.#changed();
  }
}

/** One that has no slot cannot use anything; one that has none yet soon will. */
export function isUser({ isWanted, reason }: LiveSubscription): boolean {
  return isWanted && reason !== 'limit';
}
