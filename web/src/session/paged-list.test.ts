import t from 'tap';
import { ProtocolError } from '../../../client/src/index.js';
import { PagedList } from './paged-list.js';

t.test('page follows page until there is none', async (t) => {
  const asked: (string | undefined)[] = [];
  const list = new PagedList<number>(async (cursor) => {
    asked.push(cursor);
    return cursor === undefined
      ? { items: [1, 2], next_cursor: 'after-2' }
      : { items: [3], next_cursor: null };
  });
  await list.refresh();
  t.match(list.store.get(), { phase: 'ready', items: [1, 2], hasMore: true });
  await list.more();
  t.match(list.store.get(), { phase: 'ready', items: [1, 2, 3], hasMore: false });
  t.same(asked, [undefined, 'after-2']);
  list.filter((item) => item !== 2);
  t.same(list.store.get().items, [1, 3]);
  await list.refresh();
  t.same(list.store.get().items, [1, 2], 'from the beginning');
});

t.test('what was loaded stays when a page does not come', async (t) => {
  let isDown = false;
  const list = new PagedList<number>(async () => {
    if (isDown) throw new ProtocolError('dependency_down', 'no database');
    return { items: [1], next_cursor: 'next' };
  });
  await list.refresh();
  isDown = true;
  await list.more();
  t.match(list.store.get(), { phase: 'failed', items: [1], code: 'dependency_down' });
  isDown = false;
  await list.more();
  t.match(list.store.get(), { phase: 'ready', items: [1, 1] });
});

t.test('a refresh that failed is tried again as what it was', async (t) => {
  let isDown = false;
  const list = new PagedList<number>(async (cursor) => {
    if (isDown) throw new ProtocolError('dependency_down', 'no database');
    return cursor === undefined
      ? { items: [1, 2], next_cursor: 'after-2' }
      : { items: [3], next_cursor: null };
  });
  await list.refresh();
  isDown = true;
  await list.refresh();
  t.match(list.store.get(), { phase: 'failed', items: [1, 2] });
  isDown = false;
  await list.more();
  t.same(list.store.get().items, [1, 2], 'not twice');
  await list.more();
  t.same(list.store.get().items, [1, 2, 3]);
});

t.test('a late answer does not replace a newer one', async (t) => {
  const answers: ((items: number[]) => void)[] = [];
  const list = new PagedList<number>(
    () =>
      new Promise((resolve) => {
        answers.push((items) => resolve({ items, next_cursor: null }));
      }),
  );
  const readings = [list.refresh(), list.refresh()];
  answers[1]?.([2]);
  answers[0]?.([1]);
  await Promise.all(readings);
  t.same(list.store.get().items, [2]);
});
