import type { Test } from 'tap';
import { eventually } from '../testing/test-redis.js';
import type { Block, QueueMessage, QueueReader } from './queue.js';

/** A queue of the test's own, empty. */
export interface QueueUnderTest {
  /** As control does; resolves when they are durable. */
  write(messages: readonly QueueMessage[]): Promise<void>;
  /** Another reader of the same; blocks end at multiples of `blockSize` at the latest. */
  reader(blockSize: number): QueueReader;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** `each` messages of each key, in turn. */
export function messagesOf(keys: readonly string[], each: number): QueueMessage[] {
  return upTo(each).flatMap((number) =>
    keys.map((key) => ({ key, value: `${key} ${number}`, headers: {} })),
  );
}

/** By key, the numbers in the order in which they came. */
export function numbersByKey(blocks: readonly Block[]): Record<string, number[]> {
  const found: Record<string, number[]> = {};
  for (const { value } of blocks.flatMap(({ messages }) => messages)) {
    const [key = '', number] = `${value}`.split(' ');
    found[key] = [...(found[key] ?? []), Number(number)];
  }
  return found;
}

const offsetsOf = ({ messages }: Block) => messages.map(({ offset }) => offset);
const countOf = (blocks: readonly Block[]) =>
  blocks.reduce((sum, { messages }) => sum + messages.length, 0);

/** What every queue promises. @param keys such that some of them lie in different partitions. */
export function queueContract(
  t: Test,
  name: string,
  make: (t: Test) => Promise<QueueUnderTest>,
  keys: readonly string[],
): void {
  t.test(`${name}: every message once, those of a key in order, in blocks`, async (t) => {
    const queue = await make(t);
    await queue.write(messagesOf(keys, 100));
    await queue.write(messagesOf(keys, 0).concat({ key: 'a', value: 'a 101', headers: {} }));
    const blocks: Block[] = [];
    const reader = queue.reader(64);
    t.teardown(() => reader.stop());
    await reader.start(async (block) => {
      blocks.push(block);
    });
    const all = keys.length * 100 + 1;
    await eventually('all are there', async () => (countOf(blocks) >= all ? true : undefined));
    t.equal(countOf(blocks), all);
    const numbers = numbersByKey(blocks);
    t.strictSame(Object.keys(numbers).sort(), [...keys].sort());
    for (const key of keys) t.strictSame(numbers[key], upTo(key === 'a' ? 101 : 100), key);
    t.equal(new Set(blocks.map(({ token }) => token)).size, blocks.length);
    for (const { messages } of blocks) t.ok(messages.length >= 1 && messages.length <= 64);
    await eventually('nothing waits', async () => ((await reader.lag()) === 0 ? true : undefined));
  });

  t.test(`${name}: a block that fails comes again as it was, and others after it`, async (t) => {
    const queue = await make(t);
    await queue.write(messagesOf(['a'], 50));
    const blocks: Block[] = [];
    const reader = queue.reader(20);
    t.teardown(() => reader.stop());
    await reader.start(async (block) => {
      blocks.push(block);
      if (blocks.length <= 2) throw new Error('not now');
    });
    await eventually('all are there', async () =>
      (numbersByKey(blocks.slice(2)).a ?? []).length >= 50 ? true : undefined,
    );
    for (const block of blocks.slice(1, 3)) {
      t.equal(block.token, blocks[0]?.token);
      t.strictSame(offsetsOf(block), offsetsOf(blocks[0] as Block));
    }
    t.strictSame(numbersByKey(blocks.slice(2)), { a: upTo(50) });
  });

  t.test(`${name}: what comes while a block fails is counted as waiting`, async (t) => {
    const queue = await make(t);
    await queue.write(messagesOf(['a'], 50));
    const reader = queue.reader(20);
    t.teardown(() => reader.stop());
    let tries = 0;
    let isAway = true;
    await reader.start(async () => {
      tries += 1;
      if (isAway) throw new Error('not now');
    });
    await eventually('it has begun', async () => (tries > 0 ? true : undefined));
    await queue.write(messagesOf(['a', 'b'], 50));
    const waiting = (count: number) =>
      eventually(`${count} wait`, async () => ((await reader.lag()) === count ? true : undefined));
    await waiting(150);
    isAway = false;
    await waiting(0);
  });

  t.test(
    `${name}: another reader goes on where one has stopped; its block stays whole`,
    async (t) => {
      const queue = await make(t);
      await queue.write(messagesOf(['a'], 30));
      const first = queue.reader(1000);
      t.teardown(() => first.stop());
      let failed: Block | undefined;
      await first.start(async (block) => {
        failed = block;
        throw new Error('it never works');
      });
      await eventually('it has begun a block', async () => failed);
      await first.stop();
      // What came meanwhile makes that block no longer.
      await queue.write(messagesOf(['a'], 30));
      const second = queue.reader(1000);
      t.teardown(() => second.stop());
      const blocks: Block[] = [];
      await second.start(async (block) => {
        blocks.push(block);
      });
      await eventually('all are there', async () => (countOf(blocks) >= 60 ? true : undefined));
      t.equal(blocks[0]?.token, failed?.token);
      t.strictSame(offsetsOf(blocks[0] as Block), offsetsOf(failed as Block));
      t.strictSame(numbersByKey(blocks), { a: [...upTo(30), ...upTo(30)] });
      await second.stop();

      const third = queue.reader(1000);
      t.teardown(() => third.stop());
      await queue.write(messagesOf(['b'], 1));
      const rest: Block[] = [];
      await third.start(async (block) => {
        rest.push(block);
      });
      await eventually('the last is there', async () => (rest.length > 0 ? true : undefined));
      t.strictSame(numbersByKey(rest), { b: [1] }, 'what was handled does not come again');
    },
  );
}
