/** Short pairs of node and ideal: what one attempt of the gate is. */
import { type Measurement, measure } from '../forward/measure.js';
import type { ForwardOptions } from '../forward/options.js';
import { openPlace } from '../forward/place.js';
import type { Run } from '../forward/report.js';
import { World } from '../forward/world.js';

/** Void pairs for each that counts, after which no more are tried. */
const PATIENCE = 0.5;
const WARM_UP_MS = 350;

export interface Attempted {
  run: Run;
  /** Why there are too few pairs; null: there are enough. */
  void: string | null;
}

/** `options.pairs` pairs that count, each of two measurements of `options.seconds`. */
export async function runAttempt(options: ForwardOptions): Promise<Attempted> {
  const place = openPlace(options);
  const world = new World(options, place);
  try {
    await world.open();
    const { load } = await measure(world, 'ideal', options.seconds, WARM_UP_MS);
    const { pairs, reasons } = await takePairs(world, options);
    const run: Run = {
      ...{ options, row: null, pairs, profiles: {} },
      generatorLimitPps: load.received / load.seconds / load.busy,
      rssPerSubscriptionBytes: world.rssPerSubscription,
    };
    const last = reasons.at(-1) ?? 'no pair was measured';
    return { run, void: pairs.length < options.pairs ? last : null };
  } finally {
    await world.close();
    place.close();
  }
}

async function takePairs(world: World, { pairs: wanted, seconds }: ForwardOptions) {
  const pairs: Run['pairs'] = [];
  const reasons: string[] = [];
  while (pairs.length < wanted && reasons.length <= wanted * PATIENCE) {
    const node = await measure(world, 'node', seconds, WARM_UP_MS);
    const ideal = await measure(world, 'ideal', seconds, WARM_UP_MS);
    const why = whyNot(node) ?? whyNot(ideal);
    if (why === null) pairs.push({ node, ideal });
    else reasons.push(why);
  }
  return { pairs, reasons };
}

function whyNot({ target, void: why }: Measurement): string | null {
  return why === null ? null : `${target}: ${why}`;
}
