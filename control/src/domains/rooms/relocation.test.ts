/** What a drain does by the clock, as far as that is seen without a room. */
import t, { type Test } from 'tap';
import { TestClock } from '../../testing/test-clock.js';
import { Relocation } from './relocation.js';
import type { Standbys } from './standbys.js';

/** How often it looks for rooms to move in a minute, after `words`. */
function looksAfter(t: Test, words: (relocation: Relocation) => void): number {
  const clock = new TestClock();
  let looks = 0;
  const relocation = new Relocation({
    clock,
    nodes: null as never, // no room, no move
    standbys: { gone: () => {} } as unknown as Standbys,
    rooms: () => {
      looks += 1;
      return [];
    },
    ...{ moved: () => {}, counted: () => {}, report: (error: unknown) => t.fail(`${error}`) },
  });
  t.teardown(() => relocation.stop());
  words(relocation);
  clock.advance(5000);
  looks = 0;
  clock.advance(60_000);
  return looks;
}

t.test('drained, not drained and drained again within a moment: one after the other', async (t) => {
  const until = 3_600_000;
  const once = looksAfter(t, (relocation) => relocation.drain('one', until));
  t.ok(once > 0);
  const again = looksAfter(t, (relocation) => {
    for (const word of [until, null, until, null, until]) relocation.drain('one', word);
  });
  t.equal(again, once);
  const off = looksAfter(t, (relocation) => {
    for (const word of [until, null]) relocation.drain('one', word);
  });
  t.equal(off, 0);
});
