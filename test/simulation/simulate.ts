import { Convergence } from './convergence.js';
import { Faults } from './faults.js';
import { Fleet } from './fleet.js';
import type { Plant } from './plants.js';
import { shapeOf } from './shape.js';
import { World } from './world.js';

export interface Outcome {
  seed: number;
  /** Null: every invariant held. */
  failure: string | null;
  /** Of everything that happened; the same for the same seed. */
  hash: string;
  steps: number;
  trace: readonly string[];
}

export interface SimulateOptions {
  plant?: Plant | null;
  isTracing?: boolean;
}

/** Until everybody is there. */
const beginMs = 3000;
/** Of faults; virtual. */
const [shortMs, longMs] = [20_000, 50_000];
/** In the mean. */
const faultEveryMs = 1500;
/** Leases, retries and pauses end within this time; everything is as it should be then. */
const settleMs = 15_000;
/** What was commanded last is answered. */
const answerMs = 8000;

/** One run: a fleet, everything that its seed lets go wrong, and whether all is well afterwards. */
export async function simulate(
  seed: number,
  { plant = null, isTracing = false }: SimulateOptions = {},
): Promise<Outcome> {
  const world = new World(seed, isTracing);
  const onRejection = (error: unknown) => world.fail(error as Error);
  process.on('unhandledRejection', onRejection);
  try {
    await play(world, new Fleet(world, shapeOf(seed), plant));
  } finally {
    process.off('unhandledRejection', onRejection);
  }
  const failure = world.hasFailed;
  const { hash, steps, trace } = world;
  return { seed, failure: failure === null ? null : failure.message, hash, steps, trace };
}

async function play(world: World, fleet: Fleet): Promise<void> {
  const faults = new Faults(fleet);
  fleet.start();
  await world.run(beginMs);
  faults.begin(faultEveryMs);
  await world.run(beginMs + world.random.between(shortMs, longMs));
  faults.end();
  await world.run(world.now + settleMs);
  for (const client of fleet.clients) client.isQuiet = true;
  await world.run(world.now + answerMs);
  if (world.hasFailed === null) new Convergence(fleet).check();
}
