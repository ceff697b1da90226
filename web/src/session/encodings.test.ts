import t from 'tap';
import { applyLayers, applyLimits, applySaving, declared, encodingsOf } from './encodings.js';

t.test('a camera is sent in three qualities, lowest first', (t) => {
  t.same(
    declared(encodingsOf('camera', undefined)).map(({ rid, scale }) => [rid, scale]),
    [
      ['q', 4],
      ['h', 2],
      ['f', 1],
    ],
  );
  t.end();
});

t.test('codecs with spatial layers of their own are one stream', (t) => {
  t.match(encodingsOf('camera', 'VP9'), [{ scalabilityMode: 'L3T3_KEY' }]);
  t.match(encodingsOf('camera', 'AV1'), [{ scalabilityMode: 'L3T3' }]);
  t.equal(encodingsOf('camera', 'AV1').length, 1);
  t.equal(encodingsOf('camera', 'H264').length, 3);
  t.same(declared(encodingsOf('microphone', 'VP9')), [{ max_bitrate_bps: 48_000 }]);
  t.end();
});

t.test('what nobody watches is switched off by its RID, and on again', (t) => {
  const encodings = encodingsOf('camera', 'VP8').map((each) => ({ ...each, active: true }));
  const wish = (h: boolean, f: boolean) => [
    { rid: 'q', active: true },
    { rid: 'h', active: h },
    { rid: 'f', active: f },
  ];
  t.equal(applyLayers(encodings, wish(true, true)), false, 'nothing to change');
  t.equal(applyLayers(encodings, wish(true, false)), true);
  t.same(
    encodings.map(({ active }) => active),
    [true, true, false],
  );
  t.equal(applyLayers(encodings, wish(true, true)), true);
  t.ok(encodings.every(({ active }) => active));
  t.end();
});

t.test('who saves data sends the lowest encoding, or one stream at its rate', (t) => {
  const sent = encodingsOf('camera', 'VP8').map((each) => ({ ...each, active: true }));
  const all = ['q', 'h', 'f'].map((rid) => ({ rid, active: true }));
  const active = () => sent.map((each) => each.active);
  t.equal(applySaving(sent, all, false), false);
  t.equal(applySaving(sent, all, true), true);
  t.same(active(), [true, false, false]);
  t.equal(applySaving(sent, all, true), false, 'the server may wish what it wants');
  applySaving(
    sent,
    all.map(({ rid }) => ({ rid, active: rid !== 'f' })),
    false,
  );
  t.same(active(), [true, true, false], 'then its last wish holds again');
  const one = encodingsOf('camera', 'VP9').map((each) => ({ ...each, active: true }));
  applySaving(one, [{ rid: '', active: true }], true);
  t.equal(one[0]?.maxBitrate, 150_000);
  applySaving(one, [{ rid: '', active: true }], false);
  t.equal(one[0]?.maxBitrate, 2_000_000);
  t.end();
});

t.test('a stream without RID follows the wish without RID', (t) => {
  const encodings = [{ active: true }];
  t.equal(applyLayers(encodings, [{ rid: 'f', active: false }]), false);
  t.equal(applyLayers(encodings, [{ rid: '', active: false }]), true);
  t.same(encodings, [{ active: false }]);
  t.end();
});

t.test('a screen is sent with few frames for text and many for motion', (t) => {
  const frames = (mode: 'text' | 'motion') =>
    encodingsOf('screen', undefined, mode).map(({ maxFramerate }) => maxFramerate);
  t.same(frames('text'), [5, 15]);
  t.same(frames('motion'), [30, 30]);
  const sent = encodingsOf('screen', undefined, 'text');
  applyLimits(sent, encodingsOf('screen', undefined, 'motion'));
  t.same(sent, encodingsOf('screen', undefined, 'motion'));
  t.end();
});
