import t from 'tap';
import { layoutOf, pageSizeFor, tilesPerPage } from './gallery-layout.js';

const boxes = {
  desktop: { width: 1416, height: 804 },
  tablet: { width: 752, height: 920 },
  phone: { width: 304, height: 480 },
  phoneOnItsSide: { width: 552, height: 230 },
};
const gap = 8;

for (const [name, box] of Object.entries(boxes)) {
  t.test(`1 to 25 tiles fit a ${name}`, (t) => {
    for (let count = 1; count <= 25; count += 1) {
      const { columns, rows, tile } = layoutOf(count, box, gap);
      t.ok(columns * rows >= count, `${count}: a place for each`);
      t.ok(columns * tile.width + (columns - 1) * gap <= box.width, `${count}: across`);
      t.ok(rows * tile.height + (rows - 1) * gap <= box.height, `${count}: down`);
      t.ok(tile.width > 0 && tile.height > 0);
    }
    t.end();
  });
}

t.test('more people never make larger tiles', (t) => {
  let before = Number.POSITIVE_INFINITY;
  for (let count = 1; count <= 25; count += 1) {
    const { tile } = layoutOf(count, boxes.desktop, gap);
    t.ok(tile.width * tile.height <= before * 1.03, String(count));
    before = tile.width * tile.height;
  }
  t.end();
});

t.test('a page holds 25 where there is room and fewer where faces would be too small', (t) => {
  t.equal(pageSizeFor(25, boxes.desktop, gap), 25);
  t.equal(pageSizeFor(3, boxes.desktop, gap), 3);
  const onPhone = pageSizeFor(25, boxes.phone, gap);
  t.ok(onPhone >= 4 && onPhone <= 10, String(onPhone));
  t.equal(pageSizeFor(25, { width: 0, height: 0 }, gap), 1, 'before the first measure');
  t.end();
});

t.test('a large screen shows 49, a phone four others', (t) => {
  t.equal(tilesPerPage({ isWide: true, isPhone: false }), 49);
  t.equal(tilesPerPage({ isWide: false, isPhone: false }), 25);
  t.equal(tilesPerPage({ isWide: false, isPhone: true }), 5);
  t.equal(pageSizeFor(49, { width: 1896, height: 960 }, gap), 49, 'and faces are large enough');
  t.end();
});
