/** One fault on one fleet: what came of it. */
import { randomInt } from 'node:crypto';
import { mostLateUs } from '../../bench/recorder/row.js';
import { seededRandom } from '../e2e/support/weather.js';
import type { Fault, FaultContext, Figure, Layout, Size } from './fault.js';
import { Fleet, type FleetOptions, layoutE, layoutR } from './fleet/fleet.js';
import { CrowdProcess } from './people/crowd-process.js';

/**
 * A generator that is behind, or has no processor left, measures itself (reliability §1). What is recorded stands where its
 * stamp says it was captured, however late it is sent.
 */
const latestUs = (layout: Layout) => (layout === 'S' ? mostLateUs : 5000);
const busiest = 0.8;

export interface Outcome {
  id: string;
  layout: Layout;
  /** What did not hold; empty: all did. */
  failures: string[];
  figures: Figure[];
  seconds: number;
  /** Of what was left to chance. */
  seed: number;
  /** The worst of the generator in all times that were measured; null: who knows. */
  generator: CrowdProcess['worst'] | null;
  /** Why the times of this run say nothing; null: they do. */
  void: string | null;
}

const layouts: Record<Layout, FleetOptions> = {
  E: layoutE,
  C: { ...layoutE, nodes: 1, hasClocks: true },
  R: layoutR,
  W: { nodes: 2, controls: 2, stores: 'bare', hasRegions: true },
  S: { ...layoutE, nodes: 2, hasClocks: true, hasRecorder: true },
};

export function startFleet(layout: Layout): Promise<Fleet> {
  return Fleet.start(layouts[layout]);
}

/** Never rejects: what is thrown is a failure too. */
export async function runFault(fault: Fault, fleet: Fleet, size: Size): Promise<Outcome> {
  const began = performance.now();
  const { PLENUM_TEST_SEED: given } = process.env;
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
  const failures: string[] = [];
  const figures: Figure[] = [];
  const crowd = new CrowdProcess();
  const ends: (() => unknown)[] = [];
  const context: FaultContext = {
    ...{ fleet, crowd, size, random: seededRandom(seed) },
    teardown: (end) => void ends.unshift(end),
    expect: (isTrue, what) => {
      if (!isTrue) failures.push(what);
    },
    figure: (figure) => figures.push(figure),
  };
  let generator: Outcome['generator'] = null;
  try {
    await fault.run(context);
    await crowd.measured();
    generator = crowd.worst;
  } catch (error) {
    failures.push((error as Error).stack ?? String(error));
  }
  // After a failure some of it may fail as well.
  for (const end of ends)
    await Promise.resolve()
      .then(end)
      .catch(() => {});
  await crowd.end();
  failures.push(...fleet.takeUnexpectedEnds());
  const seconds = (performance.now() - began) / 1000;
  const { id, layout } = fault;
  return {
    id,
    layout,
    failures,
    figures,
    seconds,
    seed,
    generator,
    void: generator && whyVoid(generator, latestUs(layout)),
  };
}

function whyVoid(
  { latenessP99Us, busy }: NonNullable<Outcome['generator']>,
  mostUs: number,
): string | null {
  if (latenessP99Us > mostUs) return `sent ${latenessP99Us} µs late`;
  if (busy > busiest) return `the generator took ${busy.toFixed(2)} of a core`;
  return null;
}
