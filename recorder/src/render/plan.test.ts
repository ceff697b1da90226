import t from 'tap';
import { seededRandom } from '../../../lib/testing/seeded-random.js';
import { mostInStrip, mostTiles, type PictureLayout, planOf, type Scene } from './plan.js';
import type { Piece, Timeline } from './timeline.js';

type Spoken = [participantId: string | null, from: number, to: number];

function meeting(
  people: Record<string, [number, number]>,
  pictures: readonly [owner: string, source: 'camera' | 'screen', from: number, to: number][],
  spoken: readonly Spoken[] = [],
): Timeline {
  return {
    title: 'T',
    durationMs: Math.max(...Object.values(people).map(([, to]) => to)),
    people: Object.entries(people).map(([participantId, [from, to]]) => ({
      ...{ participantId, name: participantId.toUpperCase(), present: [{ from, to }] },
    })),
    pieces: pictures.map(([participantId, source, from, to], index): Piece => {
      const fileId = `${participantId}/${index}`;
      const codec = 'vp8' as const;
      const own = { fileId, trackId: fileId, participantId, source, codec, startMs: from };
      return { ...own, shown: [{ from, to }], whole: null };
    }),
    turns: spoken.map(([participantId, from, to]) => ({ participantId, from, to })),
    unrecorded: [],
    diskFull: [],
    recorderAway: [],
  };
}

/** `a*` speaks, `(a)` has no picture, `[a]` is a screen, `A|…` is large. */
function words(scene: Scene): string {
  const one = (tile: Scene['tiles'][number]) => {
    const id = tile.participantId + (tile.isSpeaking ? '*' : '');
    return tile.isScreen ? `[${id}]` : tile.fileId === null ? `(${id})` : id;
  };
  const tiles = scene.tiles.map(one).join(' ');
  const what = scene.isRecorded
    ? `${scene.large ? `${one(scene.large)}|` : ''}${tiles}`
    : 'nothing';
  return `${scene.fromFrame}-${scene.toFrame} ${what}`;
}

const told = (timeline: Timeline, layout: PictureLayout) =>
  planOf(timeline, layout).scenes.map(words);

const three = meeting(
  { a: [0, 20_000], c: [0, 12_000], b: [4000, 20_000] },
  [
    ['a', 'camera', 0, 20_000],
    ['c', 'camera', 0, 10_000],
    ['b', 'camera', 4000, 20_000],
    ['b', 'screen', 14_000, 18_000],
  ],
  [
    ['a', 0, 6000],
    ['c', 6000, 7000],
    ['b', 7000, 20_000],
  ],
);

t.test('gallery: everybody, screens first, a name without a picture', async (t) => {
  t.same(told(three, 'gallery'), [
    '0-100 a* c',
    '100-175 a* c b',
    '175-250 a c b*',
    '250-300 a (c) b*',
    '300-350 a b*',
    '350-450 [b] a b*',
    '450-500 a b*',
  ]);
});

t.test('speaker: who speaks is large, for long enough', async (t) => {
  t.same(told(three, 'speaker'), [
    '0-100 a*|c',
    '100-175 a*|c b',
    '175-250 b*|a c',
    '250-300 b*|a (c)',
    '300-350 b*|a',
    '350-450 b*|[b] a',
    '450-500 b*|a',
  ]);
});

t.test('screen first: the newest screen is large, else who speaks', async (t) => {
  t.same(told(three, 'screen_first').slice(-3), [
    '300-350 b*|a',
    '350-450 [b]|a b*',
    '450-500 b*|a',
  ]);
});

t.test('what was not recorded is a scene of its own', async (t) => {
  const timeline = { ...three, unrecorded: [{ from: 2000, to: 3000 }] };
  t.same(told(timeline, 'gallery').slice(0, 3), ['0-50 a* c', '50-75 nothing', '75-100 a* c']);
});

t.test('of a crowd those are seen who spoke of late, then who has a picture', async (t) => {
  const ids = Array.from({ length: 30 }, (_, index) => `p${String(index).padStart(2, '0')}`);
  const people = Object.fromEntries(
    ids.map((id): [string, [number, number]] => [id, [0, 100_000]]),
  );
  const cameras = ids.slice(10, 28).map((id) => [id, 'camera', 0, 100_000] as const);
  const crowd = meeting(
    people,
    cameras.map((one) => [...one]),
    [
      [null, 0, 10_000],
      ['p29', 10_000, 20_000],
      ['p12', 20_000, 100_000],
    ],
  );
  const { scenes } = planOf(crowd, 'gallery');
  t.ok(scenes.every((scene) => scene.tiles.length === mostTiles));
  const isSeen = scenes.map((scene) => scene.tiles.some((one) => one.participantId === 'p29'));
  t.same(
    [isSeen[0], isSeen[1], isSeen.at(-1)],
    [false, true, false],
    'and forgotten after a minute',
  );
});

t.test(
  'scenes: without holes, each other than the one before, nobody twice, few enough',
  async (t) => {
    const random = seededRandom(11);
    const span = (): [number, number] => {
      const from = random(30_000);
      return [from, from + 1 + random(30_000)];
    };
    for (let round = 0; round < 300; round++) {
      const ids = Array.from({ length: 1 + random(25) }, (_, index) => `p${index}`);
      const who = () => ids[random(ids.length)] as string;
      const people = Object.fromEntries(ids.map((id) => [id, span()]));
      const pictures = Array.from(
        { length: random(30) },
        (): Parameters<typeof meeting>[1][number] => [
          ...([who(), random(4) === 0 ? 'screen' : 'camera'] as const),
          ...span(),
        ],
      );
      let at = 0;
      const spoken = Array.from({ length: random(20) }, (): Spoken => {
        const from = at;
        at += 1 + random(5000);
        return [random(4) === 0 ? null : who(), from, at];
      });
      for (const layout of ['gallery', 'speaker', 'screen_first'] as const) {
        const { scenes, frames } = planOf(meeting(people, pictures, spoken), layout);
        const complaint = complaintOf(scenes, frames);
        if (complaint) t.fail(`round ${round}, ${layout}: ${complaint}`);
      }
    }
    t.pass('300 meetings, 3 layouts');
  },
);

function complaintOf(scenes: readonly Scene[], frames: number): string | null {
  if (scenes[0]?.fromFrame !== 0 || scenes.at(-1)?.toFrame !== frames) return 'not the whole time';
  for (const [index, scene] of scenes.entries()) {
    const before = scenes[index - 1];
    if (scene.toFrame <= scene.fromFrame) return 'an empty scene';
    if (before && before.toFrame !== scene.fromFrame) return 'a hole';
    if (
      before &&
      words(before).split(' ').slice(1).join() === words(scene).split(' ').slice(1).join()
    ) {
      const files = (one: Scene) => JSON.stringify([one.large, one.tiles]);
      if (files(before) === files(scene)) return 'a cut between equal scenes';
    }
    const tiles = scene.large ? [scene.large, ...scene.tiles] : scene.tiles;
    const keys = tiles.map((tile) => tile.fileId ?? tile.participantId);
    if (new Set(keys).size !== keys.length) return 'twice in one scene';
    if (scene.tiles.length > (scene.large ? mostInStrip : mostTiles)) return 'too many';
  }
  return null;
}
