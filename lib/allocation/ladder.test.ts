import t from 'tap';
import type { AllocationTrack, TrackLayer } from './inputs.js';
import { costOf, ladderOf, levelOf } from './ladder.js';

function layer(spatial: number, temporal: number, own: Partial<TrackLayer> = {}): TrackLayer {
  const size = { width: 320 * 2 ** spatial, height: 180 * 2 ** spatial };
  return { spatial, temporal, bitrateBps: 0, alive: true, ...size, ...own };
}

function track(layers: TrackLayer[], own: Partial<AllocationTrack> = {}): AllocationTrack {
  const common = { id: 'A', priority: 100, isOnStage: false, isVisible: true, limit: {} } as const;
  return { ...common, structure: 'simulcast', layers, forwarded: null, ...own };
}

/** Three spatial layers of two temporal ones: 100 + 50, 300 + 150, 900 + 450 kbit/s. */
const SIX = [0, 1, 2].flatMap((spatial) =>
  [100_000, 50_000].map((bps, temporal) =>
    layer(spatial, temporal, { bitrateBps: bps * 3 ** spatial }),
  ),
);

const costs = (one: AllocationTrack) => ladderOf(one).map(({ costBps }) => costBps / 1000);
const names = (one: AllocationTrack) =>
  ladderOf(one).map(({ spatial, temporal }) => `${spatial}${temporal}`);

t.test('[6.2] a target costs what it needs', async (t) => {
  t.same(costs(track(SIX)), [100, 150, 300, 450, 900, 1350]);
  const svc = SIX.map((each) => ({ ...each }));
  t.same(costs(track(svc, { structure: 'svc' })), [100, 150, 400, 600, 1300, 1950]);
  const keySvc = SIX.map((each) => ({ ...each }));
  t.same(costs(track(keySvc, { structure: 'key_svc' })), [100, 150, 305, 457.5, 920, 1380]);
});

t.test('[6.4] temporal layers rise before the next spatial one', async (t) => {
  t.same(names(track([...SIX].reverse())), ['00', '01', '10', '11', '20', '21']);
});

t.test(
  '[6.2] what is not measured costs as much as this publisher makes of its rates',
  async (t) => {
    const known = [layer(0, 0, { bitrateBps: 75_000 }), layer(1, 0), layer(2, 0)];
    t.same(costs(track(known)), [75, 250, 750], 'half of the nominal');
    const declared = { declaredBps: [100_000, 400_000, 2_000_000] };
    t.same(costs(track([...known], declared)), [75, 300, 1500], 'three quarters of the declared');
    t.same(costs(track([layer(0, 0), layer(0, 1)])), [90, 150]);
    t.same(costs(track([layer(0, 0, { height: 1080 })])), [3000]);
    t.same(costs(track([layer(0, 0, { height: 0 })])), [150]);
  },
);

t.test('dead layers are no rungs', async (t) => {
  const layers = SIX.map((each) => ({ ...each, alive: each.spatial !== 1 }));
  t.same(names(track(layers)), ['00', '01', '20', '21']);
});

t.test('the tile limits: the lowest layer that fills it', async (t) => {
  const top = (width?: number, height?: number) => names(track(SIX, { limit: { width, height } }));
  t.equal(top().at(-1), '21');
  t.equal(top(320, 180).at(-1), '01');
  t.equal(top(380, 210).at(-1), '01', 'a little stretched');
  t.equal(top(400, 225).at(-1), '11');
  t.equal(top(700, 200).at(-1), '01', 'fitted in, the height decides');
  t.equal(top(2000, 2000).at(-1), '21');
  t.equal(top(undefined, 300).at(-1), '11');
  const unknown = SIX.map((each) => ({ ...each, width: 0, height: 0 }));
  t.equal(names(track(unknown, { limit: { width: 10, height: 10 } })).at(-1), '21');
});

t.test('the highest layer and the frame rate limit', async (t) => {
  const maxLayer = { spatial: 1, temporal: 0 };
  t.same(names(track(SIX, { limit: { maxLayer } })), ['00', '10']);
  t.same(names(track(SIX, { limit: { maxFps: 15 } })), ['00', '10', '20']);
  t.equal(names(track(SIX, { limit: { maxFps: 28 } })).length, 6);
  t.same(names(track(SIX, { limit: { maxFps: 1 } })), ['00', '10', '20'], 'some picture');
  const fast = track(SIX, { limit: { maxFps: 30 }, fullFps: 60 });
  t.same(names(fast), ['00', '10', '20']);
  const onlyTop = SIX.filter(({ spatial }) => spatial === 2);
  t.same(names(track(onlyTop, { limit: { maxLayer } })), ['20'], 'too good but living');
});

t.test('unavailable layers are left out while something else is there', async (t) => {
  const left = ladderOf(track(SIX), [{ spatial: 1 }]);
  t.same(
    left.map(({ spatial }) => spatial),
    [0, 0, 2, 2],
  );
  t.equal(
    ladderOf(
      track(SIX),
      [0, 1, 2].map((spatial) => ({ spatial })),
    ).length,
    6,
  );
});

t.test('where a layer stands on a ladder', async (t) => {
  const ladder = ladderOf(track(SIX.filter(({ spatial }) => spatial !== 1)));
  t.equal(levelOf(ladder, { spatial: 0, temporal: 1 }), 1);
  t.equal(levelOf(ladder, { spatial: 1, temporal: 0 }), 1);
  t.equal(levelOf(ladder, { spatial: 2, temporal: 7 }), 3);
  t.equal(levelOf(ladder.slice(2), { spatial: 0, temporal: 0 }), 0);
  t.equal(levelOf([], { spatial: 0, temporal: 0 }), -1);
  t.equal(costOf(ladder, -1), 0);
});
