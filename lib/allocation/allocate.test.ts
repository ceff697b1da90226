import t, { type Test } from 'tap';
import { seededRandom } from '../testing/seeded-random.js';
import { type Allocation, allocate, INITIAL_STATE } from './allocate.js';
import type {
  AllocationInputs,
  AllocationTrack,
  LayerIndex,
  LayerStructure,
  TrackLayer,
} from './inputs.js';
import { audioReserveBps } from './inputs.js';

/** Full rates of the layers in kbit/s, the temporal ones of each spatial layer added up. */
type Rates = readonly (readonly number[])[];

/** A random number from 0 to 1. */
function uniform(seed: number): () => number {
  const random = seededRandom(0x9e3779b1 * (2 * seed + 1));
  return () => random(1 << 16) / (1 << 16);
}

const THUMBNAIL: Rates = [[50, 100, 150]];
const WHOLE = { media: 1, reserve: 0 };

function layersOf(rates: Rates, alive = true): TrackLayer[] {
  return rates.flatMap((row, spatial) =>
    row.map((kbps, temporal) => ({
      spatial,
      temporal,
      bitrateBps: 1000 * (kbps - (row[temporal - 1] ?? 0)),
      alive,
      width: 320 * 2 ** spatial,
      height: 180 * 2 ** spatial,
    })),
  );
}

function track(id: string, rates: Rates, own: Partial<AllocationTrack> = {}): AllocationTrack {
  return {
    id,
    priority: 100,
    isOnStage: false,
    isVisible: true,
    structure: 'simulcast',
    layers: layersOf(rates),
    limit: {},
    forwarded: null,
    ...own,
  };
}

/** `A:S0T2 B:-` */
function shown({ targets }: Allocation): string {
  const name = (layer: LayerIndex | null) => (layer ? `${layer.spatial}${layer.temporal}` : '-');
  return targets.map(({ id, layer }) => `${id}${name(layer)}`).join(' ');
}

function fresh(inputs: Omit<AllocationInputs, 'audioBps'> & { audioBps?: number }): Allocation {
  return allocate({ audioBps: 0, ...inputs }, INITIAL_STATE, 0);
}

const four = (rates: Rates, own: (id: string) => Partial<AllocationTrack> = () => ({})) =>
  ['A', 'B', 'C', 'D'].map((id) => track(id, rates, own(id)));

/** What is given at these estimates in kbit/s. */
function givenAt(tracks: AllocationTrack[], expected: Record<number, string>) {
  const given = Object.keys(expected).map((kbps) => {
    const estimateBps = 1000 * Number(kbps);
    return [kbps, shown(fresh({ estimateBps, tracks, shares: WHOLE }))];
  });
  return Object.fromEntries(given);
}

t.test('[T6.1] four tiles of 180 lines', async (t) => {
  const expected = {
    50: 'A00 B- C- D-',
    100: 'A00 B00 C- D-',
    150: 'A00 B00 C00 D-',
    200: 'A00 B00 C00 D00',
    250: 'A01 B00 C00 D00',
    300: 'A01 B01 C00 D00',
    400: 'A01 B01 C01 D01',
    450: 'A02 B01 C01 D01',
    610: 'A02 B02 C02 D02',
  };
  t.same(givenAt(four(THUMBNAIL), expected), expected);
});

t.test('[T6.2] four tiles of 360 lines', async (t) => {
  const expected = {
    960: 'A10 B02 C02 D02',
    1310: 'A10 B10 C02 D02',
    1660: 'A10 B10 C10 D02',
    2010: 'A10 B10 C10 D10',
  };
  t.same(givenAt(four([...THUMBNAIL, [500]]), expected), expected);
});

t.test('[T6.3] one on the stage, three thumbnails', async (t) => {
  const tracks = four([...THUMBNAIL, [500], [2000]], (id) =>
    id === 'A' ? { isOnStage: true } : { limit: { width: 320, height: 180 } },
  );
  const expected = {
    50: 'A00 B- C- D-',
    100: 'A01 B- C- D-',
    150: 'A02 B- C- D-',
    500: 'A10 B- C- D-',
    550: 'A10 B00 C- D-',
    600: 'A10 B00 C00 D-',
    650: 'A10 B00 C00 D00',
    700: 'A10 B01 C00 D00',
    960: 'A10 B02 C02 D02',
    2150: 'A20 B00 C00 D00',
    2460: 'A20 B02 C02 D02',
  };
  t.same(givenAt(tracks, expected), expected);
});

t.test('[T6.4] nine equal tracks share 60 % of what they would like', async (t) => {
  const rates: Rates = [
    [60, 90, 150],
    [200, 300, 500],
    [600, 900, 1500],
  ];
  const tracks = Array.from({ length: 9 }, (_, n) => track(`${n}`, rates));
  const { targets } = fresh({ estimateBps: 0.6 * 9 * 1_500_000, tracks, shares: WHOLE });
  const levels = targets.map(({ layer }) => (layer ? 3 * layer.spatial + layer.temporal : -1));
  const costs = targets.map(({ costBps }) => costBps);
  const sum = costs.reduce((a, b) => a + b);
  const jain = sum ** 2 / (9 * costs.reduce((a, b) => a + b * b, 0));
  const spread = Math.max(...levels) - Math.min(...levels);
  t.ok(spread <= 1, `spread ${spread}`);
  t.ok(jain >= 0.9, `Jain ${jain}`);
  t.comment(`conformance T6.4 threshold=spread<=1,jain>=0.9 got=${spread},${jain.toFixed(3)}`);
});

const CAMERA: Rates = [[150], [500], [1500]];

/** Runs every 100 ms with the estimate of that moment; returns what flowed when it changed. */
function play(durationMs: number, estimateBps: (atMs: number, now: number) => number) {
  let state = INITIAL_STATE;
  let layer = null as LayerIndex | null;
  const changes: { atMs: number; spatial: number }[] = [];
  for (let atMs = 0; atMs < durationMs; atMs += 100) {
    const only = track('A', CAMERA, { forwarded: layer });
    const spatial = layer?.spatial ?? -1;
    const inputs = { estimateBps: estimateBps(atMs, spatial), audioBps: 0, tracks: [only] };
    const result = allocate(inputs, state, atMs);
    state = result.state;
    const target: LayerIndex | null = result.targets[0]?.layer ?? null;
    if (target?.spatial !== layer?.spatial) {
      changes.push({ atMs, spatial: target?.spatial ?? -1 });
    }
    layer = target;
  }
  return changes;
}

t.test('[T6.5] an estimate that swings around the border of a layer', async (t) => {
  const perMinute = Array.from({ length: 20 }, (_, seed) => {
    const random = uniform(seed);
    const changes = play(120_000, (atMs) => {
      const swing = 0.1 * Math.sin((2 * Math.PI * atMs) / 10_000);
      return 1_500_000 * (1 + swing + 0.05 * (2 * random() - 1));
    });
    return changes.length / 2;
  }).sort((a, b) => a - b);
  const [median, worst] = [perMinute[10] as number, perMinute[19] as number];
  t.ok(median <= 3, `median ${median}`);
  t.ok(worst <= 4, `worst ${worst}`);
  t.comment(`conformance T6.5 threshold=3.0/4.0 got=${median}/${worst}`);
});

t.test('[T6.6] a layer that never fits is tried ever more seldom', async (t) => {
  let raisedMs = 0;
  const changes = play(600_000, (atMs, spatial) => {
    if (spatial < 2) raisedMs = atMs;
    // The link shows what it is once it is full.
    const isFull = spatial === 2 && atMs - raisedMs > 500;
    return isFull ? 1_428_000 : 1_700_000;
  });
  const upgrades = changes.filter(({ spatial }) => spatial === 2).map(({ atMs }) => atMs);
  const waits = upgrades.map((atMs, index) => atMs - (upgrades[index - 1] ?? 0)).slice(1);
  t.ok(upgrades.length <= 12, `${upgrades.length} upgrades`);
  t.ok(
    waits.slice(3).every((ms) => ms >= 60_000),
    `${waits}`,
  );
  t.comment(`conformance T6.6 threshold=12 got=${upgrades.length}`);
});

t.test('[T6.7] too much for the link: down at once', async (t) => {
  const changes = play(20_000, (atMs) => (atMs < 10_000 ? 4_000_000 : 550_000));
  t.same(changes.at(-1), { atMs: 10_000, spatial: 1 });
});

t.test('[T6.8] [T6.9] up after a second, one spatial layer in 500 ms', async (t) => {
  const start = play(5000, (atMs) => (atMs < 1000 ? 300_000 : 4_000_000));
  t.same(start, [
    { atMs: 0, spatial: 0 },
    { atMs: 2000, spatial: 2 },
  ]);
  const changes = play(40_000, (atMs) => (atMs < 5000 || atMs >= 6000 ? 4_000_000 : 550_000));
  t.same(changes.slice(1), [
    { atMs: 5000, spatial: 1 },
    { atMs: 16_000, spatial: 2 },
  ]);
});

t.test(
  '[T6.10] the shared screen keeps its layer while cameras have more than the base',
  async (t) => {
    const screen = track('S', [[200], [700], [1800]], { priority: 255 });
    const cameras = Array.from({ length: 8 }, (_, n) => track(`${n}`, CAMERA));
    let state = INITIAL_STATE;
    for (let kbps = 14_000; kbps >= 1800; kbps -= 100) {
      const inputs = { estimateBps: 1000 * kbps, audioBps: 0, tracks: [...cameras, screen] };
      const result = allocate(inputs, state, (14_000 - kbps) * 10);
      state = result.state;
      const layers = result.targets.map(({ layer }) => layer?.spatial ?? -1);
      const left = 0.93 * kbps - 8 * 150;
      const due = left >= 1800 ? 2 : left >= 700 ? 1 : 0;
      t.ok((layers[8] as number) >= due, `${kbps}: ${layers}`);
    }
  },
);

t.test('[T6.12] 30 kbit/s: audio alone', async (t) => {
  const result = fresh({
    estimateBps: 30_000,
    audioBps: audioReserveBps(0, 2),
    tracks: four(THUMBNAIL),
  });
  t.equal(shown(result), 'A- B- C- D-');
  t.same(new Set(result.targets.map(({ reason }) => reason)), new Set(['bandwidth']));
  t.equal(result.allocatedBps, 16_000);
  t.equal(audioReserveBps(90_000, 2), 90_000);
});

t.test('the first track stays when nothing may be paused', async (t) => {
  const inputs = { estimateBps: 30_000, tracks: four(THUMBNAIL), allowPause: false };
  t.equal(shown(fresh(inputs)), 'A00 B- C- D-');
});

t.test('[R3.4] a key frame is waited for 3 s, then the layer is left alone for 5 s', async (t) => {
  let state = INITIAL_STATE;
  const seen: string[] = [];
  const stuck = { spatial: 0, temporal: 0 };
  for (let atMs = 0; atMs < 12_000; atMs += 200) {
    const tracks = [track('A', CAMERA, { forwarded: atMs === 0 ? null : stuck })];
    const result = allocate({ estimateBps: 4_000_000, audioBps: 0, tracks }, state, atMs);
    state = result.state;
    const now = shown(result);
    if (seen.at(-1)?.split(' ')[1] !== now) seen.push(`${atMs} ${now}`);
  }
  // Without the top layer the middle one is the best there is; it does not come either.
  t.same(seen, ['0 A20', '3000 A10', '6000 A00', '9000 A20', '12000 A10'].slice(0, seen.length));
  t.ok(seen.length >= 3);
});

t.test('[6.4] a waiting upgrade keeps its reservation', async (t) => {
  let { state } = allocate(
    { estimateBps: 1_000_000, audioBps: 0, tracks: [track('A', CAMERA)] },
    INITIAL_STATE,
    0,
  );
  const waiting = track('A', CAMERA, { forwarded: { spatial: 0, temporal: 0 } });
  const result = allocate(
    { estimateBps: 1_000_000, audioBps: 0, tracks: [waiting, track('B', CAMERA)] },
    state,
    1000,
  );
  state = result.state;
  t.equal(shown(result), 'A10 B00');
  t.equal(result.allocatedBps, 650_000);
  t.equal(result.isSettled, false);
});

t.test('[6.4] what the next step needs is wanted', async (t) => {
  const result = fresh({ estimateBps: 700_000, audioBps: 20_000, tracks: [track('A', CAMERA)] });
  t.equal(shown(result), 'A10');
  t.equal(Math.round(result.wantBps), Math.round(1_520_000 / 0.93));
  t.equal(result.targets[0]?.reason, 'bandwidth');
  const rich = fresh({ estimateBps: 9e6, tracks: [track('A', CAMERA)] });
  t.equal(rich.wantBps, 0);
  t.equal(rich.desiredBps, 1_500_000);
  t.equal(rich.targets[0]?.reason, 'none');
});

t.test('hidden tiles get nothing and want nothing', async (t) => {
  const hidden = track('A', CAMERA, { isVisible: false });
  const result = fresh({ estimateBps: 9e6, tracks: [hidden] });
  t.same(result.targets, [{ id: 'A', layer: null, reason: 'hidden', costBps: 0 }]);
  t.equal(result.desiredBps, 0);
});

t.test('what comes on stage takes from the others, even in a hold-down', async (t) => {
  const tracks = (stage: string) =>
    four(CAMERA, (id) => ({ isOnStage: id === stage, ...(id === stage ? {} : small) }));
  const small = { limit: { width: 320, height: 180 } };
  const run = (state: Allocation['state'], stage: string, kbps: number, atMs: number) =>
    allocate({ estimateBps: 1000 * kbps, audioBps: 0, tracks: tracks(stage) }, state, atMs);
  let result = run(INITIAL_STATE, 'A', 4000, 0);
  t.equal(shown(result), 'A20 B00 C00 D00');
  result = run(result.state, 'A', 1100, 1000);
  t.equal(shown(result), 'A10 B00 C00 D00', 'down at once');
  for (let atMs = 1200; atMs <= 2400; atMs += 200) result = run(result.state, 'B', 1100, atMs);
  t.equal(shown(result), 'A00 B10 C00 D00');
});

t.test('a layer that died is left at once; back again it is no better than another', async (t) => {
  const dead = layersOf(CAMERA).map((layer) => ({ ...layer, alive: layer.spatial < 2 }));
  const first = fresh({ estimateBps: 9e6, tracks: [track('A', CAMERA)] });
  const inputs = { estimateBps: 9e6, audioBps: 0, tracks: [track('A', CAMERA, { layers: dead })] };
  const second = allocate(inputs, first.state, 100);
  t.equal(shown(second), 'A10');
  t.equal(second.wantBps, 0, 'a probe would not bring it back');
  const third = allocate({ ...inputs, tracks: [track('A', CAMERA)] }, second.state, 200);
  t.equal(shown(third), 'A10');
  const fourth = allocate({ ...inputs, tracks: [track('A', CAMERA)] }, third.state, 1300);
  t.equal(shown(fourth), 'A20', 'no hold-down: the link was not to blame');
});

t.test('rates that differ by noise alone move nobody', async (t) => {
  const random = uniform(7);
  let state = INITIAL_STATE;
  const shownOnes = new Set<string>();
  for (let atMs = 0; atMs < 60_000; atMs += 200) {
    const tracks = ['A', 'B'].map((id) => {
      const noisy = CAMERA.map((row) => row.map((kbps) => kbps * (0.95 + 0.1 * random())));
      return track(id, noisy);
    });
    const result = allocate({ estimateBps: 800_000, audioBps: 0, tracks }, state, atMs);
    state = result.state;
    shownOnes.add(shown(result));
  }
  t.equal(shownOnes.size, 1, [...shownOnes].join());
});

t.test('all frames stay all frames when more temporal layers become known', async (t) => {
  const first = fresh({ estimateBps: 700_000, tracks: [track('A', [[60]])] });
  const tracks = [track('A', [[60, 90, 150], [500]])];
  const next = allocate({ estimateBps: 700_000, audioBps: 0, tracks }, first.state, 200);
  t.equal(shown(next), 'A02');
});

t.test('whatever comes, the budget holds', async (t) => {
  const random = uniform(3);
  const pick = (count: number) => Math.floor(random() * count);
  let state = INITIAL_STATE;
  for (let run = 0; run < 2000; run++) {
    const estimateBps = 50_000 + random() * 5_000_000;
    const tracks = Array.from({ length: pick(12) }, (_, n) =>
      track(`${n}`, CAMERA.slice(0, 1 + pick(3)), {
        priority: pick(256),
        isOnStage: pick(8) === 0,
        isVisible: pick(4) !== 0,
        limit: pick(2) === 0 ? {} : { width: 1 + pick(2000), height: 1 + pick(1000) },
      }),
    );
    const result = allocate({ estimateBps, audioBps: 20_000, tracks }, state, 137 * run);
    state = result.state;
    if (result.allocatedBps <= Math.max(20_000, estimateBps)) continue;
    t.fail(`run ${run}: ${result.allocatedBps} of ${estimateBps}: ${shown(result)}`);
  }
});

t.test('SVC: a new spatial layer needs room for the picture that it begins with', async (t) => {
  roomForKeyPicture(t, 'key_svc', 400 + 0.05 * 300);
  roomForKeyPicture(t, 'svc', 400 + 300);
});

/** `cost`: of the top layer with all below it, kbit/s. */
t.test('SVC: where a key picture was seen, its size says how much room', async (t) => {
  const rates: Rates = [[100], [200], [400]];
  const withKeys = (bytes: number) =>
    layersOf(rates).map((layer) => ({ ...layer, keyBytes: bytes }));
  const runAt = (keyBytes: number, kbps: number) => {
    const tracks = [track('A', rates, { structure: 'svc', layers: withKeys(keyBytes) })];
    let result = allocate(
      { estimateBps: 3e5, audioBps: 0, tracks, shares: WHOLE },
      INITIAL_STATE,
      0,
    );
    t.equal(shown(result), 'A10', 'begins below');
    for (let atMs = 200; atMs <= 3000; atMs += 200) {
      const inputs = { estimateBps: 1000 * kbps, audioBps: 0, tracks, shares: WHOLE };
      result = allocate(inputs, result.state, atMs);
    }
    return shown(result);
  };
  t.equal(runAt(4000, 701), 'A20', '12 kB in 0.15 s are 640 kbit/s: less than the layer takes');
  t.equal(runAt(10_000, 1599), 'A10', '30 kB in 0.15 s are 1600 kbit/s');
  t.equal(runAt(10_000, 1601), 'A20');
});

function roomForKeyPicture(t: Test, structure: LayerStructure, cost: number): void {
  const rates: Rates = [[100], [200], [400]];
  const tracks = [track('A', rates, { structure })];
  const runUntil = (state: Allocation['state'], kbps: number, fromMs: number) => {
    let result = allocate({ estimateBps: 0, audioBps: 0, tracks }, state, fromMs);
    for (let atMs = fromMs; atMs <= fromMs + 3000; atMs += 200) {
      const inputs = { estimateBps: 1000 * kbps, audioBps: 0, tracks, shares: WHOLE };
      result = allocate(inputs, atMs === fromMs ? state : result.state, atMs);
    }
    return result;
  };
  const low = runUntil(INITIAL_STATE, 300, 0);
  t.equal(shown(low), 'A10', structure);
  const barely = runUntil(low.state, 1.95 * cost, 4000);
  t.equal(shown(barely), 'A10', '95 % beside it are too little');
  t.equal(Math.round(barely.wantBps), Math.round(2000 * cost), 'that is what is wanted');
  const room = runUntil(barely.state, 2 * cost + 1, 8000);
  t.equal(shown(room), 'A20');
  t.equal(shown(runUntil(room.state, 1.01 * cost, 12_000)), 'A20', 'what flows needs no room');
  t.equal(shown(runUntil(INITIAL_STATE, 1.01 * cost, 0)), 'A20', 'nor does a start');
}
