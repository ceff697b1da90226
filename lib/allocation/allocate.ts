/**
 * Which layer of each subscribed track one subscriber gets, so that all fit its link and none
 * flaps (section 6.4). A pure function of its arguments; times are milliseconds of any clock that
 * does not go back.
 */
import { type HoldDown, NO_HOLD, noteDowngrade, noteUpgrade } from './hold-down.js';
import {
  type AllocationInputs,
  type AllocationTarget,
  type AllocationTrack,
  DEFAULT_SHARES,
} from './inputs.js';
import { costOf, ladderOf, levelOf, type Rung, TOP } from './ladder.js';
import { byPrecedence, type Contender, roomFor, runPasses, shareOf, stepOf } from './passes.js';
import { isSwitching, type TrackState, unavailableAt } from './track-state.js';

export interface AllocationState {
  /** By track id. */
  readonly tracks: ReadonlyMap<string, TrackState>;
  readonly hold: HoldDown;
  /** No upgrade before. */
  readonly upgradeMs: number;
}

export interface Allocation {
  /** In the order of the inputs. */
  readonly targets: readonly AllocationTarget[];
  /** The estimate that the cheapest step needs which does not fit; 0: everybody has all. */
  readonly wantBps: number;
  /** What the targets take together, with audio. */
  readonly allocatedBps: number;
  /** What they would take with all that the viewer can use, with audio. */
  readonly desiredBps: number;
  /** False: something waits for time to pass; run again within 200 ms. */
  readonly isSettled: boolean;
  /** For the next run. */
  readonly state: AllocationState;
}

export const INITIAL_STATE: AllocationState = {
  tracks: new Map(),
  hold: NO_HOLD,
  upgradeMs: Number.NEGATIVE_INFINITY,
};

/** How long a better layer must have fitted. */
const PATIENCE_MS = 1000;
/** Between two upgrades of one subscriber; after one that was temporal only, half of it. */
const UPGRADE_INTERVAL_MS = 500;

interface Entry extends Contender {
  readonly before: TrackState | undefined;
  readonly unavailable: TrackState['unavailable'];
  /** The rung that it will have. */
  target: number;
  candidate: { level: number; sinceMs: number } | null;
}

export function allocate(
  inputs: AllocationInputs,
  state: AllocationState,
  nowMs: number,
): Allocation {
  const { media, reserve } = inputs.shares ?? DEFAULT_SHARES;
  const share = media - reserve;
  const budgetBps = Math.max(0, share * inputs.estimateBps - inputs.audioBps);
  const entries = byPrecedence(inputs.tracks.filter(({ isVisible }) => isVisible)).map(
    (track, order) => entryOf(track, order, state.tracks.get(track.id), nowMs),
  );
  const keptBps = totalOf(entries, 'kept');
  const isHeld = nowMs < state.hold.untilMs;
  const ceilingBps = isHeld ? Math.max(state.hold.ceilingBps, keptBps) : budgetBps;
  const stepsBps = Math.min(budgetBps, ceilingBps);
  const allowPause = inputs.allowPause ?? true;
  const idealBps = runPasses(entries, { baseBps: budgetBps, stepsBps, allowPause });
  const wantBps = wantOf(entries, idealBps + inputs.audioBps, share);

  let { hold, upgradeMs } = state;
  const isCongested = keptBps + inputs.audioBps > inputs.estimateBps;
  const isStart = entries.some(({ before, ideal }) => !before && ideal > 0);
  if (isStart && !isHeld) hold = noteUpgrade(hold, nowMs);
  if (lower(entries, isCongested, Math.max(budgetBps, idealBps))) {
    hold = noteDowngrade(hold, totalOf(entries, 'target'), nowMs);
  }
  for (const entry of entries) considerUpgrade(entry, nowMs);
  if (nowMs >= upgradeMs) {
    const upgraded = upgradeOne(entries, Math.max(stepsBps, idealBps), nowMs);
    if (upgraded && !isHeld) hold = noteUpgrade(hold, nowMs);
    if (upgraded) upgradeMs = nowMs + intervalAfter(upgraded);
  }
  const tracks = new Map(entries.map((entry) => [entry.track.id, remember(entry, nowMs)]));
  return {
    targets: targetsOf(inputs.tracks, entries),
    wantBps,
    allocatedBps: totalOf(entries, 'target') + inputs.audioBps,
    desiredBps: desiredBy(entries) + inputs.audioBps,
    isSettled: entries.every(isSettled) && !(isHeld && wantBps > 0),
    state: { tracks, hold, upgradeMs },
  };
}

function entryOf(
  track: AllocationTrack,
  order: number,
  before: TrackState | undefined,
  nowMs: number,
): Entry {
  const unavailable = unavailableAt(track, before, nowMs);
  const ladder = ladderOf(track, unavailable);
  const kept = before ? keptLevel(ladder, before) : -1;
  const [ideal, target, candidate] = [-1, kept, null];
  return { track, order, ladder, kept, ideal, target, candidate, before, unavailable };
}

function keptLevel(ladder: readonly Rung[], { layer, isWhole }: TrackState): number {
  if (!layer) return -1;
  return levelOf(ladder, isWhole ? { spatial: layer.spatial, temporal: TOP } : layer);
}

function totalOf(entries: readonly Entry[], level: 'kept' | 'target'): number {
  return entries.reduce((sum, entry) => sum + costOf(entry.ladder, entry[level]), 0);
}

function desiredBy(entries: readonly Entry[]): number {
  return entries.reduce((sum, { ladder }) => sum + costOf(ladder, ladder.length - 1), 0);
}

/** The cheapest of the next steps, as an estimate with which it would fit. */
function wantOf(entries: readonly Entry[], spentBps: number, share: number): number {
  const steps = entries
    .filter(({ ideal, ladder }) => ideal + 1 < ladder.length)
    .map((entry) => stepOf(entry) + roomFor(entry));
  return steps.length === 0 ? 0 : (spentBps + Math.min(...steps)) / share;
}

/**
 * Newcomers get what is theirs at once. When the link no longer carries all, everybody falls to
 * what fits; when it is only that others came before them, those who have too much make room.
 * Returns whether it was the link.
 */
function lower(entries: readonly Entry[], isCongested: boolean, limitBps: number): boolean {
  const newcomers = entries.filter(({ before, ideal }) => !before && ideal >= 0);
  for (const entry of newcomers) entry.target = entry.ideal;
  const tooRich = entries.filter(({ kept, ideal }) => kept > ideal);
  if (!isCongested) {
    if (newcomers.length > 0) makeRoom(entries, limitBps);
    return false;
  }
  for (const entry of tooRich) entry.target = entry.ideal;
  return tooRich.length > 0;
}

/** The last in precedence first. */
function makeRoom(entries: readonly Entry[], limitBps: number): void {
  let totalBps = totalOf(entries, 'target');
  for (let at = entries.length - 1; at >= 0 && totalBps > limitBps; at--) {
    const entry = entries[at] as Entry;
    if (entry.target <= entry.ideal) continue;
    totalBps += costOf(entry.ladder, entry.ideal) - costOf(entry.ladder, entry.target);
    entry.target = entry.ideal;
  }
}

/** Remembers since when something better would have fitted, and what at least. */
function considerUpgrade(entry: Entry, nowMs: number): void {
  const { ideal, target, before, ladder } = entry;
  if (ideal <= target) return;
  const known = before?.candidate;
  const knownLevel = known ? levelOf(ladder, known.layer) : -1;
  const isKnown = known && knownLevel > target;
  entry.candidate = isKnown
    ? { level: Math.min(knownLevel, ideal), sinceMs: known.sinceMs }
    : { level: ideal, sinceMs: nowMs };
}

/** Raises whoever has waited long enough and comes first. */
function upgradeOne(entries: readonly Entry[], limitBps: number, nowMs: number): Entry | undefined {
  const ripe = entries.filter(
    ({ candidate, track, before }) =>
      candidate !== null && nowMs - candidate.sinceMs >= PATIENCE_MS && !isSwitching(track, before),
  );
  const [chosen] = ripe.sort(
    (a, b) =>
      Number(b.track.isOnStage) - Number(a.track.isOnStage) ||
      shareOf({ ...a, ideal: a.target }) - shareOf({ ...b, ideal: b.target }) ||
      a.order - b.order,
  );
  if (!chosen?.candidate) return undefined;
  chosen.target = chosen.candidate.level;
  chosen.candidate = null;
  makeRoom(entries, limitBps);
  return chosen;
}

function intervalAfter({ before, ladder, target }: Entry): number {
  const isTemporal = before?.layer?.spatial === ladder[target]?.spatial;
  return isTemporal ? UPGRADE_INTERVAL_MS / 2 : UPGRADE_INTERVAL_MS;
}

function remember(entry: Entry, nowMs: number): TrackState {
  const { before, ladder, candidate, unavailable } = entry;
  const layer = layerOf(entry);
  const isSame = before !== undefined && before.layer?.spatial === layer?.spatial;
  const isWhole = layer !== null && ladder[entry.target + 1]?.spatial !== layer.spatial;
  const isSteady =
    isSame &&
    before.isWhole === isWhole &&
    before.layer?.temporal === layer?.temporal &&
    !before.candidate;
  if (isSteady && !candidate && unavailable.length + before.unavailable.length === 0) return before;
  const better = candidate && ladder[candidate.level];
  return {
    layer,
    isWhole,
    sinceMs: isSame ? before.sinceMs : nowMs,
    candidate: better ? { layer: indexOf(better), sinceMs: candidate.sinceMs } : null,
    unavailable,
  };
}

/** Nothing of it lives: what it had, or its lowest layer, stays asked for. */
function layerOf({ ladder, target, before }: Entry) {
  const rung = ladder[target];
  if (rung) return indexOf(rung);
  if (ladder.length > 0) return null;
  return before ? before.layer : { spatial: 0, temporal: 0 };
}

function indexOf({ spatial, temporal }: { spatial: number; temporal: number }) {
  return { spatial, temporal };
}

function isSettled(entry: Entry): boolean {
  const { candidate, unavailable, track, target, ladder } = entry;
  const layer = ladder[target];
  const isWaiting = layer && track.forwarded && layer.spatial !== track.forwarded.spatial;
  return !candidate && !isWaiting && unavailable.length === 0;
}

function targetsOf(
  tracks: readonly AllocationTrack[],
  entries: readonly Entry[],
): AllocationTarget[] {
  const byId = new Map(entries.map((entry) => [entry.track.id, entry]));
  return tracks.map(({ id }) => {
    const entry = byId.get(id);
    if (!entry) return { id, layer: null, reason: 'hidden', costBps: 0 };
    const isBest = entry.target + 1 >= entry.ladder.length;
    const costBps = costOf(entry.ladder, entry.target);
    return { id, layer: layerOf(entry), reason: isBest ? 'none' : 'bandwidth', costBps };
  });
}
