/**
 * Whose step is next: a binary heap over numbers worked out once per step, as 100 tracks with 12
 * layers take 1200 of them in a run (T6.11).
 */

export interface Step<Owner> {
  readonly owner: Owner;
  /** Quality that the owner has for its weight; the least comes first. */
  share: number;
  /** 0: the owner has this step already; 1: it is new. */
  novelty: number;
  costBps: number;
  readonly order: number;
}

export class StepQueue<Owner> {
  readonly #steps: Step<Owner>[] = [];

  get first(): Step<Owner> | undefined {
    return this.#steps[0];
  }

  push(step: Step<Owner>): void {
    const steps = this.#steps;
    let at = steps.push(step) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesBefore(step, steps[parent] as Step<Owner>)) break;
      steps[at] = steps[parent] as Step<Owner>;
      at = parent;
    }
    steps[at] = step;
  }

  /** To be called after the first one has changed. */
  settleFirst(): void {
    if (this.#steps.length > 0) this.#sink(this.#steps[0] as Step<Owner>);
  }

  dropFirst(): void {
    const last = this.#steps.pop();
    if (last && this.#steps.length > 0) this.#sink(last);
  }

  /** Puts a step at the top and lets it fall to its place. */
  #sink(step: Step<Owner>): void {
    const steps = this.#steps;
    const count = steps.length;
    let at = 0;
    for (let child = 1; child < count; child = 2 * at + 1) {
      const right = child + 1;
      let least = steps[child] as Step<Owner>;
      if (right < count && comesBefore(steps[right] as Step<Owner>, least)) {
        child = right;
        least = steps[right] as Step<Owner>;
      }
      if (!comesBefore(least, step)) break;
      steps[at] = least;
      at = child;
    }
    steps[at] = step;
  }
}

/**
 * Least quality for its weight; then whoever has the step already, so that rates that differ by
 * nothing but noise move nobody; then the cheaper step.
 */
function comesBefore<Owner>(a: Step<Owner>, b: Step<Owner>): boolean {
  if (a.share !== b.share) return a.share < b.share;
  if (a.novelty !== b.novelty) return a.novelty < b.novelty;
  return a.costBps !== b.costBps ? a.costBps < b.costBps : a.order < b.order;
}
