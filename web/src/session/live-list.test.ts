import t from 'tap';
import { ProtocolError } from '../../../client/src/index.js';
import { LiveList } from './live-list.js';

type Load = (
  cursor: string | undefined,
) => Promise<{ items: number[]; next_cursor: string | null }>;

/** A list in a page whose time and visibility the test has. */
function watched(load: Load) {
  const waiting = new Map<() => void, number>();
  const page = { isVisible: true, refusals: 0 };
  const list = new LiveList<number>({
    load,
    timers: {
      now: () => 0,
      after: (ms, call) => {
        waiting.set(call, ms);
        return () => waiting.delete(call);
      },
    },
    isVisible: () => page.isVisible,
    refused: () => {
      page.refusals += 1;
    },
  });
  const passed = async () => {
    for (const call of [...waiting.keys()]) {
      waiting.delete(call);
      call();
    }
    await settled();
  };
  return { list, page, passed, waits: () => [...waiting.values()] };
}

const settled = () => new Promise(setImmediate);

t.test('is read anew two seconds after each answer, while it is looked at', async (t) => {
  let reads = 0;
  const { list, page, passed, waits } = watched(async () => {
    reads += 1;
    return { items: [reads], next_cursor: null };
  });
  t.same(list.store.get(), { isCut: false }, 'nothing is known');
  list.start();
  t.same(waits(), [], 'not while an answer is awaited');
  await settled();
  t.same(list.store.get().items, [1]);
  t.same(waits(), [2000]);
  await passed();
  t.same(list.store.get().items, [2]);
  page.isVisible = false;
  list.looked();
  t.same(waits(), [], 'nobody looks');
  page.isVisible = true;
  list.looked();
  await settled();
  t.same(list.store.get().items, [3], 'at once');
  list.stop();
  t.same(waits(), []);
  list.looked();
  await settled();
  t.equal(reads, 3, 'it is over');
});

t.test('an answer that comes when nobody looks any more asks for no other', async (t) => {
  const { list, page, waits } = watched(async () => ({ items: [1], next_cursor: null }));
  list.start();
  page.isVisible = false;
  await settled();
  t.same(list.store.get().items, [1]);
  t.same(waits(), []);
});

t.test('what was read stays when it fails, and it is tried again later', async (t) => {
  let code: 'dependency_down' | 'unauthenticated' | null = null;
  const { list, page, passed, waits } = watched(async () => {
    if (code !== null) throw new ProtocolError(code, 'as the test says');
    return { items: [1], next_cursor: null };
  });
  list.start();
  await settled();
  code = 'dependency_down';
  await passed();
  t.match(list.store.get(), { items: [1], error: { code } });
  t.same(waits(), [5000]);
  t.equal(page.refusals, 0);
  code = 'unauthenticated';
  await passed();
  t.equal(page.refusals, 1, 'is the login over?');
  code = null;
  await passed();
  t.same(list.store.get(), { items: [1], isCut: false }, 'all is well again');
  t.same(waits(), [2000]);
});

t.test('all pages of a list, within reason', async (t) => {
  const asked: (string | undefined)[] = [];
  let last = 2;
  const { list } = watched(async (cursor) => {
    asked.push(cursor);
    const page = Number(cursor ?? 0);
    return { items: [page], next_cursor: page === last ? null : String(page + 1) };
  });
  await list.refresh();
  t.same(list.store.get(), { items: [0, 1, 2], isCut: false });
  t.same(asked, [undefined, '1', '2']);
  last = 100;
  await list.refresh();
  t.same(list.store.get(), { items: [0, 1, 2, 3, 4], isCut: true });
});

t.test('an answer that was overtaken is dropped', async (t) => {
  const answers: ((item: number) => void)[] = [];
  const { list } = watched(
    () =>
      new Promise((resolve) =>
        answers.push((item) => resolve({ items: [item], next_cursor: null })),
      ),
  );
  const [first, second] = [list.refresh(), list.refresh()];
  answers[1]?.(2);
  await second;
  answers[0]?.(1);
  await first;
  t.same(list.store.get().items, [2]);
});
