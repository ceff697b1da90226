import t from 'tap';
import type { Publication } from '../../../client/src/index.js';
import { forPhones, savingData } from './video-budget.js';
import { leftOut, wishesFor, wishesToTell } from './visibility.js';

const size = { width: 640, height: 360 };
const nothingTold = new Map();
const nobody = { large: new Set<string>() };

/** A simulcast camera, or the screen `s`, whose lowest quality costs more than is saved for. */
function shown(...ids: string[]): Publication[] {
  return ids.map((id) => ({
    ...{ publication_id: id, participant_id: `person-${id}` },
    ...{ kind: 'video', source: id === 's' ? 'screen' : 'camera', muted: false, codec: 'vp8' },
    layers: [
      { spatial: 0, temporal: 0, max_bitrate_bps: id === 's' ? 400_000 : 150_000 },
      { spatial: 1, temporal: 0, max_bitrate_bps: 500_000 },
    ],
  }));
}

function tilesOf(...ids: string[]) {
  return new Map(ids.map((id) => [id, size]));
}

function visible(...asked: Parameters<typeof wishesFor>): string[] {
  const wishes = [...wishesFor(...asked).values()];
  return wishes.filter((wish) => wish.visible).map(({ publication_id }) => publication_id);
}

t.test('a publication without a tile on screen is not wanted', (t) => {
  const wishes = wishesFor(shown('a', 'b'), new Map([['a', size]]), nobody);
  t.same(
    wishesToTell(nothingTold, wishes).map(({ publication_id, visible }) => [
      publication_id,
      visible,
    ]),
    [
      ['a', true],
      ['b', false],
    ],
  );
  t.end();
});

t.test('only what changed is told', (t) => {
  const told = wishesFor(shown('a', 'b'), new Map([['a', size]]), nobody);
  t.same(wishesToTell(told, told), []);
  const both = new Map([
    ['a', size],
    ['b', size],
  ]);
  const changed = wishesToTell(told, wishesFor(shown('a', 'b', 'c'), both, nobody));
  t.same(
    changed.map(({ publication_id }) => publication_id),
    ['b', 'c'],
  );
  t.end();
});

t.test('a slightly larger tile is the same, a much larger one is not', (t) => {
  const told = wishesFor(shown('a'), new Map([['a', size]]), nobody);
  const at = (height: number) =>
    wishesFor(shown('a'), new Map([['a', { width: 640, height }]]), nobody);
  t.equal(wishesToTell(told, at(380)).length, 0);
  t.equal(wishesToTell(told, at(340)).length, 0);
  t.equal(wishesToTell(told, at(720)).length, 1);
  t.equal(wishesToTell(told, at(180)).length, 1);
  t.end();
});

t.test('screens go before pinned people, and these before the others', (t) => {
  const before = wishesFor(shown('a', 'b', 's'), new Map(), nobody);
  const wishes = wishesFor(shown('a', 'b', 's'), new Map(), { large: new Set(['person-b']) });
  t.same(
    [...wishes.values()].map(({ priority }) => priority),
    [100, 150, 200],
  );
  t.same(
    wishesToTell(before, wishes).map(({ publication_id }) => publication_id),
    ['b'],
    'a pin is news',
  );
  t.end();
});

t.test('a phone takes four cameras and the speaker, and every screen', (t) => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 's'];
  const asked = { large: nobody.large, speaker: 'person-g' };
  const seen = visible(shown(...ids), tilesOf(...ids), asked, forPhones);
  t.same(seen, ['a', 'b', 'c', 'd', 'g', 's']);
  const wishes = wishesFor(shown(...ids), tilesOf(...ids), asked, forPhones);
  t.same([...leftOut(wishes, tilesOf(...ids))], ['e', 'f']);
  const pinned = { large: new Set(['person-e', 'person-f']), speaker: 'person-g' };
  t.same(visible(shown(...ids), tilesOf(...ids), pinned, forPhones), [
    'a',
    'b',
    'e',
    'f',
    'g',
    's',
  ]);
  t.end();
});

t.test('who saves data takes one picture, its lowest layer, and never more than fits', (t) => {
  const ids = ['a', 'b', 's'];
  const speaker = 'person-b';
  const all = wishesFor(shown(...ids), tilesOf(...ids), { ...nobody, speaker }, savingData);
  t.match([...all.values()], [{ visible: false }, { visible: true }, { visible: false }]);
  t.same(all.get('b')?.max_layer, { spatial: 0, temporal: 7 });
  const pinned = { large: new Set(['person-a']), speaker };
  t.same(visible(shown(...ids), tilesOf(...ids), pinned, savingData), ['a'], 'a pin goes first');
  const large = new Map([...tilesOf('b'), ['a', { width: 1280, height: 720 }]]);
  t.same(
    visible(shown(...ids), large, { ...nobody, speaker }, savingData),
    ['a'],
    'then the stage',
  );
  const off = shown('a', 'b').map((one) => ({ ...one, muted: one.publication_id === 'a' }));
  const asked = { large: nobody.large, speaker: 'person-a' };
  t.same(visible(off, tilesOf('a', 'b'), asked, savingData), ['a', 'b'], 'a camera that is off');
  t.end();
});

t.test(
  'what costs more than the whole is left out; one stream with layers has a small one',
  (t) => {
    const layers = (spatials: number[], max_bitrate_bps: number) =>
      shown('a').map((one) => ({
        ...one,
        layers: spatials.map((spatial) => ({ spatial, temporal: 0, max_bitrate_bps })),
      }));
    t.same(visible(layers([0], 2_500_000), tilesOf('a'), nobody, savingData), []);
    t.same(visible(layers([0, 1, 2], 2_000_000), tilesOf('a'), nobody, savingData), ['a']);
    t.same(visible(layers([], 0), tilesOf('a'), nobody, savingData), [], 'nothing known of it yet');
    t.end();
  },
);

t.test('saving no longer is told: what a wish does not name stays', (t) => {
  const told = wishesFor(shown('a'), tilesOf('a'), nobody, savingData);
  const wish = wishesToTell(told, wishesFor(shown('a'), tilesOf('a'), nobody));
  t.match(wish, [{ visible: true, max_layer: { spatial: 7 } }]);
  t.end();
});
