import t from 'tap';
import { canvas, placed, type Rectangle } from './layout.js';
import { mostInStrip, mostTiles, type Scene, type Tile } from './plan.js';

const tile = (index: number): Tile => ({
  participantId: `person-${index}`,
  name: `Person ${index}`,
  isScreen: false,
  fileId: null,
  isSpeaking: false,
});

const sceneOf = (count: number, isWithLarge: boolean): Scene => ({
  fromFrame: 0,
  toFrame: 1,
  isRecorded: true,
  large: isWithLarge ? tile(99) : null,
  tiles: Array.from({ length: count }, (_, index) => tile(index)),
});

const isInside = (inner: Rectangle, outer: Rectangle) =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

const isApart = (a: Rectangle, b: Rectangle) =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

const scenes = [
  ...Array.from({ length: mostTiles + 1 }, (_, count) => sceneOf(count, false)),
  ...Array.from({ length: mostInStrip + 1 }, (_, count) => sceneOf(count, true)),
];

t.test('tiles lie on the canvas, apart from each other, in even numbers', async (t) => {
  for (const scene of scenes) {
    const tiles = placed(scene);
    t.equal(tiles.length, scene.tiles.length + (scene.large ? 1 : 0));
    const wrong = tiles.filter(
      ({ whole, picture, name }) =>
        !isInside(whole, { x: 0, y: 0, ...canvas }) ||
        !isInside(picture, whole) ||
        !isInside(name, whole) ||
        !isApart(picture, name) ||
        Math.min(picture.width, picture.height) < 64 ||
        [picture, name].some((one) => Object.values(one).some((value) => value % 2 !== 0)),
    );
    t.same(wrong, [], `${tiles.length} tiles`);
    const overlaps = tiles.flatMap((a, index) =>
      tiles.slice(index + 1).filter((b) => !isApart(a.whole, b.whole)),
    );
    t.same(overlaps, [], `${tiles.length} tiles`);
  }
});

t.test('tiles are as large as their number lets them be', async (t) => {
  const widths = [1, 2, 4, 6, 9].map((count) => placed(sceneOf(count, false))[0]?.whole.width);
  t.same(widths, [1264, 628, 628, 416, 416]);
  const [large, ...strip] = placed(sceneOf(3, true));
  t.ok((large?.whole.width ?? 0) > 3 * (strip[0]?.whole.width ?? 0));
});

t.test('tiles come in their order, row by row', async (t) => {
  const tiles = placed(sceneOf(7, false));
  const order = [...tiles].sort((a, b) => a.whole.y - b.whole.y || a.whole.x - b.whole.x);
  t.same(
    tiles.map((one) => one.tile.participantId),
    order.map((one) => one.tile.participantId),
  );
});
