import t from 'tap';
import type { LayerRate } from './engine/contract.gen.js';
import { PublicationLayers } from './publication-layers.js';

const one = [{ rid: '', ssrc: 1, rtxSsrc: 2 }];
const three = ['q', 'h', 'f'].map((rid) => ({ rid, ssrc: 0, rtxSsrc: 0 }));

function rate(spatial: number, kbps: number, own: Partial<LayerRate> = {}): LayerRate {
  const rest = { temporal: 0, alive: true, width: 0, height: 0, keyBytes: 0 };
  return { spatial, bitrateBps: 1000 * kbps, ...rest, ...own };
}

t.test('inside of one stream a layer without a frame is not sent', async (t) => {
  const layers = new PublicationLayers(one, [{ maxBitrateBps: 2_000_000 }]);
  layers.handleRates(0, [rate(0, 100), rate(1, 300), rate(2, 0)]);
  layers.handleRates(4e6, [rate(0, 100), rate(1, 300), rate(2, 0)]);
  t.same(
    layers.rates.map(({ alive }) => alive),
    [true, true, false],
  );
  layers.handleRates(5e6, [rate(0, 0), rate(1, 0), rate(2, 0)]);
  t.ok(
    layers.rates.every(({ alive }) => alive),
    'a still picture',
  );
  t.equal(layers.structureOf('vp9'), 'key_svc');
  t.equal(layers.structureOf('av1'), 'svc');
  t.same(layers.declaredBps, [], 'the rate is that of all layers');
  t.match(layers.describe()[2], { spatial: 2, maxBitrateBps: 2_000_000 });
});

t.test('a new publication is believed before anything counts as steady', async (t) => {
  const layers = new PublicationLayers(three, undefined);
  t.equal(layers.isMeasured, false);
  t.equal(layers.handleRates(0, []), false);
  t.equal(layers.handleRates(1e6, [rate(0, 100, { alive: false })]), true);
  t.equal(layers.rates[0]?.alive, true);
  layers.handleRates(2e6, [rate(0, 100), rate(1, 10, { alive: false })]);
  t.same(
    layers.rates.map(({ alive }) => alive),
    [true, false],
  );
  t.equal(layers.structureOf('vp9'), 'simulcast');
});

t.test('what a tile can use, by the sizes that are known', async (t) => {
  const declared = three.map(({ rid }, index) => ({ rid, scale: 4 / 2 ** index }));
  const layers = new PublicationLayers(three, [...declared].reverse());
  const tile = { width: 320, height: 180 };
  t.equal(layers.highestUseful(tile), 2, 'nothing known, nothing limited');
  layers.handleRates(0, [rate(1, 100, { width: 640, height: 360 })]);
  t.equal(layers.highestUseful(tile), 0);
  t.equal(layers.highestUseful({ width: 640, height: 360 }), 1);
  t.equal(layers.highestUseful({ maxLayer: { spatial: 1, temporal: 0 } }), 1);
  t.same(
    layers.encodingsUpTo(0).map(({ rid, active }) => [rid, active]),
    [
      ['q', true],
      ['h', false],
      ['f', false],
    ],
  );
});
