import t from 'tap';
import { moved, squareOf, wholeCrop } from './picture-crop.js';

const wide = { width: 800, height: 400 };

t.test('the whole: the largest square, in the middle', (t) => {
  t.same(squareOf(wide, wholeCrop), { left: 200, top: 0, side: 400 });
  t.same(squareOf({ width: 300, height: 900 }, wholeCrop), { left: 0, top: 300, side: 300 });
  t.end();
});

t.test('zoom takes less of the picture, within its bounds', (t) => {
  t.same(squareOf(wide, { zoom: 2, x: 0.5, y: 0.5 }), { left: 300, top: 100, side: 200 });
  t.equal(squareOf(wide, { zoom: 100, x: 0.5, y: 0.5 }).side, 100, 'four times at most');
  t.equal(squareOf(wide, { zoom: 0, x: 0.5, y: 0.5 }).side, 400);
  t.end();
});

t.test('moving stops at the edge and comes back at once', (t) => {
  const right = moved(wide, wholeCrop, { x: 10, y: 10 });
  t.same(squareOf(wide, right), { left: 400, top: 0, side: 400 });
  const back = moved(wide, right, { x: -0.25, y: 0 });
  t.same(squareOf(wide, back), { left: 300, top: 0, side: 400 });
  t.end();
});
