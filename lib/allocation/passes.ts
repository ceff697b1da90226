/**
 * Who gets what of a budget, history aside (6.4, 1 to 3): a base layer for everybody in order, the
 * stage at once up to its preferred layer, then one step after the other to whoever has least.
 */
import type { AllocationTrack } from './inputs.js';
import { costOf, type Rung } from './ladder.js';

export interface Contender {
  readonly track: AllocationTrack;
  /** Position in the order of precedence. */
  readonly order: number;
  readonly ladder: readonly Rung[];
  /** The rung that it has; -1: paused or new. */
  readonly kept: number;
  /** The rung that the passes give it. */
  ideal: number;
}

export interface Budget {
  /** For base layers. */
  readonly baseBps: number;
  /** For every step above; lower than the former while the hold-down lasts. */
  readonly stepsBps: number;
  readonly allowPause: boolean;
}

/** From this priority on, and on stage, steps come before those of all others (screens: 200). */
const FIRST_PRIORITY = 200;
/**
 * SVC begins a spatial layer with a key picture of all layers up to it. Nothing else moves until it
 * is through, so it has to be within this time, s: with the interval of a picture that makes 0.2.
 */
const KEY_PICTURE_S = 0.15;
/** Where none was seen: so much of the layer's rate, s. */
const USUAL_KEY_PICTURE_S = 0.3;
/** The stage is served up to 360p30 before others get anything. */
const STAGE_HEIGHT = 360;

/** Priority descending, then the stage, then as given. */
export function byPrecedence(tracks: readonly AllocationTrack[]): AllocationTrack[] {
  return [...tracks].sort(
    (a, b) => b.priority - a.priority || Number(b.isOnStage) - Number(a.isOnStage),
  );
}

/** Sets `ideal` of all, who come in the order of precedence. Returns what it costs in total. */
export function runPasses(contenders: readonly Contender[], budget: Budget): number {
  let totalBps = 0;
  for (const contender of contenders) {
    totalBps += giveBase(contender, totalBps, budget);
    if (contender.track.isOnStage) totalBps += climbToPreferred(contender, totalBps, budget);
  }
  const isFirst = ({ track }: Contender) => track.isOnStage || track.priority >= FIRST_PRIORITY;
  totalBps = runRounds(contenders.filter(isFirst), totalBps, budget);
  return runRounds(
    contenders.filter((contender) => !isFirst(contender)),
    totalBps,
    budget,
  );
}

function giveBase(contender: Contender, spentBps: number, budget: Budget): number {
  const costBps = costOf(contender.ladder, 0);
  const isKept = contender.order === 0 && !budget.allowPause;
  const isGiven = contender.ladder.length > 0 && (isKept || spentBps + costBps <= budget.baseBps);
  contender.ideal = isGiven ? 0 : -1;
  return isGiven ? costBps : 0;
}

function climbToPreferred(contender: Contender, spentBps: number, { stepsBps }: Budget): number {
  const { ladder } = contender;
  if (contender.ideal < 0) return 0;
  const preferred = preferredLevel(contender);
  const baseBps = costOf(ladder, 0);
  while (contender.ideal < preferred) {
    const nextBps = costOf(ladder, contender.ideal + 1) + roomFor(contender);
    if (spentBps - baseBps + nextBps > stepsBps) break;
    contender.ideal += 1;
  }
  return costOf(ladder, contender.ideal) - baseBps;
}

/** The top of the highest spatial layer of at most 360 lines; of unknown heights the middle one. */
function preferredLevel({ track, ladder }: Contender): number {
  const heights = new Map(track.layers.map(({ spatial, height }) => [spatial, height]));
  let preferred = 0;
  ladder.forEach(({ spatial }, level) => {
    const height = heights.get(spatial) ?? 0;
    if (height > 0 ? height <= STAGE_HEIGHT : spatial <= 1) preferred = level;
  });
  return preferred;
}

/** What one more step of somebody would be, worked out once per step. */
interface Step {
  readonly owner: Contender;
  /** Quality that the owner has for its weight; the least comes first. */
  share: number;
  /** 0: the owner has this step already; 1: it is new. */
  novelty: number;
  costBps: number;
  /** What must be left beside it. */
  roomBps: number;
}

/**
 * Whoever has least quality for its weight has its turn, and all who have as little with it: a
 * step never leaves the share as it was, so nobody has two steps in one turn.
 */
function runRounds(contenders: readonly Contender[], spentBps: number, budget: Budget): number {
  let climbing = contenders.filter(canStep).map(nextStep);
  let totalBps = spentBps;
  while (climbing.length > 0) {
    let least = Number.POSITIVE_INFINITY;
    for (const { share } of climbing) if (share < least) least = share;
    const turn = climbing.filter(({ share }) => share === least).sort(byMerit);
    const out = new Set<Step>();
    for (const step of turn) {
      const doesFit = totalBps + step.costBps + step.roomBps <= budget.stepsBps;
      if (doesFit) {
        totalBps += step.costBps;
        step.owner.ideal += 1;
      }
      // What does not fit now fits less later: it is out.
      if (doesFit && canStep(step.owner)) describe(step);
      else out.add(step);
    }
    if (out.size > 0) climbing = climbing.filter((step) => !out.has(step));
  }
  return totalBps;
}

function nextStep(owner: Contender): Step {
  const step = { owner, share: 0, novelty: 0, costBps: 0, roomBps: 0 };
  describe(step);
  return step;
}

function describe(step: Step): void {
  const { owner } = step;
  step.share = shareOf(owner);
  step.novelty = owner.ideal < owner.kept ? 0 : 1;
  step.costBps = stepOf(owner);
  step.roomBps = roomFor(owner);
}

/**
 * Whoever has the step already, so that rates that differ by nothing but noise move nobody; then
 * the cheaper one; then by precedence.
 */
function byMerit(a: Step, b: Step): number {
  return a.novelty - b.novelty || a.costBps - b.costBps || a.owner.order - b.owner.order;
}

function canStep({ ideal, ladder }: Contender): boolean {
  return ideal >= 0 && ideal + 1 < ladder.length;
}

/** What the next step adds. */
export function stepOf({ ladder, ideal }: Contender): number {
  return costOf(ladder, ideal + 1) - costOf(ladder, ideal);
}

/** What the next step must leave free; a stream that only begins interrupts no picture. */
export function roomFor({ track, ladder, ideal, kept }: Contender): number {
  const [next, now] = [ladder[ideal + 1], ladder[kept]];
  if (track.structure === 'simulcast' || !next || !now || next.spatial <= now.spatial) return 0;
  const keyBits = next.keyBits || USUAL_KEY_PICTURE_S * next.costBps;
  return Math.max(0, keyBits / KEY_PICTURE_S - next.costBps);
}

export function shareOf({ ideal, track }: Contender): number {
  return (ideal + 1) / Math.max(1, track.priority);
}
