import type { Test } from 'tap';
import type { Bus } from './bus.js';
import type { Fence } from './fence.js';

/** Buses of processes that share one server. */
export interface BusMaker {
  /** Another process on the same server; the test ends it. */
  open(t: Test): Promise<Bus>;
  /** Makes time pass for what is kept. */
  pass(milliseconds: number): Promise<void>;
}

const minute = 60_000;
const formerId = '01a22770-9321-722c-8d01-a4e60daea105';
export const laterId = '01a22772-75a6-73e8-9a0c-dd77917c5257';
let used = 0;

export const fenceOf = (epoch: number, id = formerId): Fence => ({ id, epoch });

/** Keys and channels of the test's own. */
function fresh(part: string): string {
  used += 1;
  return `${part}:${process.pid}.${used}`;
}

/** What holds for every bus. */
export function busContract(t: Test, maker: BusMaker): void {
  t.test('records live as long as they were given', (t) => records(t, maker));
  t.test('a record is added once', (t) => adding(t, maker));
  t.test('counters start their life with the first', (t) => counters(t, maker));
  t.test('many count at once, and none is lost', (t) => countingTogether(t, maker));
  t.test('a bucket holds so many, and gains one at a time', (t) => buckets(t, maker));
  t.test('of many who take at once as many get one as there are', (t) => takingTogether(t, maker));
  t.test('a window holds its number, wherever it begins', (t) => windows(t, maker));
  t.test('a fenced record is the highest epoch’s', (t) => fencing(t, maker));
  t.test('of two things of a key the later one’s, whatever their epochs', (t) =>
    succeeding(t, maker),
  );
  t.test('of many owners the highest epoch remains', (t) => racing(t, maker));
  t.test('a key is of one kind', (t) => kinds(t, maker));
  t.test('lives and epochs that are none are refused', (t) => refusals(t, maker));
  t.test('notices reach who listens, in their order', (t) => notices(t, maker));
  t.test('who stopped listening hears nothing', (t) => silence(t, maker));
  t.test('a closed bus refuses', (t) => closing(t, maker));
}

async function records(t: Test, { open, pass }: BusMaker): Promise<void> {
  const [one, other] = [await open(t), await open(t)];
  const [short, long] = [fresh('short'), fresh('long')];
  t.equal(await one.get(short), null);
  await one.set(short, 'Grüße, 你好 🙂\0\r\n', minute);
  await one.set(long, '', 3 * minute);
  t.equal(await other.get(short), 'Grüße, 你好 🙂\0\r\n');
  t.equal(await other.get(long), '', 'empty is not missing');
  await pass(2 * minute);
  t.equal(await one.get(short), null);
  t.equal(await one.get(long), '');
  await other.set(long, 'anew', 3 * minute);
  await pass(2 * minute);
  t.equal(await one.get(long), 'anew', 'a new value has a new life');
  await one.delete(long, short, fresh('never'));
  t.equal(await other.get(long), null);
  await one.delete();
}

async function adding(t: Test, { open, pass }: BusMaker): Promise<void> {
  const bus = await open(t);
  const key = fresh('lease');
  const tries = Array.from({ length: 20 }, (_, number) => bus.add(key, `${number}`, minute));
  t.equal((await Promise.all(tries)).filter(Boolean).length, 1);
  await pass(minute);
  t.equal(await bus.add(key, 'late', minute), true);
  t.equal(await bus.get(key), 'late');
}

async function counters(t: Test, { open, pass }: BusMaker): Promise<void> {
  const [one, other] = [await open(t), await open(t)];
  const key = fresh('count');
  t.equal(await one.count(key, 2 * minute), 1);
  await pass(minute);
  t.equal(await other.count(key, 10 * minute), 2);
  t.equal(await one.get(key), '2');
  await pass(minute);
  t.equal(await one.count(key, minute), 1, 'the second did not lengthen it');
}

async function countingTogether(t: Test, { open }: BusMaker): Promise<void> {
  const buses = [await open(t), await open(t)];
  const key = fresh('count');
  const sums = await Promise.all(
    Array.from({ length: 100 }, (_, number) => (buses[number % 2] as Bus).count(key, minute)),
  );
  t.strictSame(
    sums.toSorted((a, b) => a - b),
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
}

/** Time goes on by itself on a server: what is left of a wait, in minutes begun. */
const minutes = (milliseconds: number) => Math.ceil(milliseconds / minute);
const three = { perSecond: 1 / 60, burst: 3 };

async function buckets(t: Test, { open, pass }: BusMaker): Promise<void> {
  const [one, other] = [await open(t), await open(t)];
  const key = fresh('bucket');
  t.equal(await one.wait(key, three), 0);
  for (const bus of [one, other, one]) t.equal(await bus.take(key, three), 0);
  t.equal(minutes(await other.take(key, three)), 1);
  t.equal(minutes(await one.wait(key, three)), 1, 'who was refused took none');
  await pass(minute);
  t.equal(await one.wait(key, three), 0);
  t.equal(await other.take(key, three), 0);
  t.equal(minutes(await one.take(key, three)), 1);
  await pass(10 * minute);
  for (const bus of [one, other, one]) t.equal(await bus.take(key, three), 0);
  t.equal(minutes(await other.take(key, three)), 1, 'it never holds more');
  t.equal(minutes(await other.wait(key, { perSecond: 1 / 600, burst: 1 })), 3, 'of another rate');
  await one.delete(key);
  t.equal(await other.wait(key, three), 0);
}

async function windows(t: Test, { open, pass }: BusMaker): Promise<void> {
  const [one, other] = [await open(t), await open(t)];
  const key = fresh('window');
  const two = { count: 2, windowMs: 3 * minute };
  t.equal(await one.waitWithin(key, two), 0);
  t.equal(await one.takeWithin(key, two), 0);
  await pass(minute);
  t.equal(await other.takeWithin(key, two), 0);
  t.equal(minutes(await one.takeWithin(key, two)), 2, 'until the first is old enough');
  t.equal(minutes(await other.waitWithin(key, two)), 2, 'who was refused took none');
  await pass(2 * minute);
  t.equal(await one.takeWithin(key, two), 0);
  t.equal(minutes(await one.takeWithin(key, two)), 1);
  await pass(4 * minute);
  for (const bus of [one, other]) t.equal(await bus.takeWithin(key, two), 0);
  t.equal(minutes(await one.waitWithin(key, two)), 3);
  await one.delete(key);
  const waits = await Promise.all(
    Array.from({ length: 20 }, (_, number) => (number % 2 ? one : other).takeWithin(key, two)),
  );
  t.equal(waits.filter((wait) => wait === 0).length, 2);
}

async function takingTogether(t: Test, { open }: BusMaker): Promise<void> {
  const buses = [await open(t), await open(t)];
  const key = fresh('bucket');
  const waits = await Promise.all(
    Array.from({ length: 20 }, (_, number) => (buses[number % 2] as Bus).take(key, three)),
  );
  t.equal(waits.filter((wait) => wait === 0).length, 3);
}

async function fencing(t: Test, { open, pass }: BusMaker): Promise<void> {
  const [old, young] = [await open(t), await open(t)];
  const key = fresh('room');
  t.equal(await old.getFenced(key), null);
  const [nine, ten] = [fenceOf(9), fenceOf(10)];
  t.equal(await old.setFenced(key, nine, 'nine', minute), true);
  t.equal(await old.setFenced(key, nine, 'nine again', minute), true, 'its own is renewed');
  t.equal(await young.setFenced(key, ten, 'ten', 2 * minute), true, 'by number, not by letters');
  t.equal(await old.setFenced(key, nine, 'back', minute), false);
  await old.deleteFenced(key, nine);
  t.strictSame(await old.getFenced(key), { ...ten, value: 'ten' });
  await pass(minute);
  t.strictSame(await old.getFenced(key), { ...ten, value: 'ten' });
  await pass(minute);
  t.equal(await old.getFenced(key), null, 'it expires as others do');
  const last = fenceOf(Number.MAX_SAFE_INTEGER);
  t.equal(await young.setFenced(key, last, 'last', minute), true);
  const before = fenceOf(last.epoch - 1);
  t.equal(await old.setFenced(key, before, 'before', minute), false, 'exact to 2^53 - 1');
  t.strictSame(await old.getFenced(key), { ...last, value: 'last' });
  await young.deleteFenced(key, last);
  t.equal(await old.getFenced(key), null);
  await young.deleteFenced(key, last);
}

/** What a key names is another thing by now, of which epochs are counted anew. */
async function succeeding(t: Test, { open }: BusMaker): Promise<void> {
  const bus = await open(t);
  const key = fresh('room');
  const [former, next] = [fenceOf(5), fenceOf(1, laterId)];
  t.equal(await bus.setFenced(key, former, 'former', minute), true);
  t.equal(await bus.setFenced(key, next, 'next', minute), true);
  t.equal(await bus.setFenced(key, former, 'back', minute), false);
  await bus.deleteFenced(key, former);
  t.strictSame(await bus.getFenced(key), { ...next, value: 'next' });
  await bus.deleteFenced(key, next);
  t.equal(await bus.getFenced(key), null);
}

async function racing(t: Test, { open }: BusMaker): Promise<void> {
  const buses = [await open(t), await open(t)];
  const key = fresh('room');
  const epochs = Array.from({ length: 50 }, (_, number) => ((number * 17) % 50) + 1);
  await Promise.all(
    epochs.map((epoch, index) =>
      (buses[index % 2] as Bus).setFenced(key, fenceOf(epoch), `of ${epoch}`, minute),
    ),
  );
  t.strictSame(await (buses[0] as Bus).getFenced(key), { ...fenceOf(50), value: 'of 50' });
}

async function kinds(t: Test, { open }: BusMaker): Promise<void> {
  const bus = await open(t);
  const [plain, fenced] = [fresh('plain'), fresh('fenced')];
  await bus.set(plain, 'words', minute);
  await bus.setFenced(fenced, fenceOf(1), 'words', minute);
  await t.rejects(bus.count(plain, minute));
  await t.rejects(bus.take(plain, three));
  await t.rejects(bus.wait(fenced, three));
  await t.rejects(bus.getFenced(plain));
  await t.rejects(bus.setFenced(plain, fenceOf(1), '', minute));
  await t.rejects(bus.deleteFenced(plain, fenceOf(1)));
  await t.rejects(bus.get(fenced));
  await t.rejects(bus.count(fenced, minute));
  t.equal(await bus.add(fenced, 'plain', minute), false);
  t.equal(await bus.get(plain), 'words');
  t.strictSame(await bus.getFenced(fenced), { ...fenceOf(1), value: 'words' });
  await bus.set(fenced, 'now plain', minute);
  t.equal(await bus.get(fenced), 'now plain');
}

async function refusals(t: Test, { open }: BusMaker): Promise<void> {
  const bus = await open(t);
  const key = fresh('refused');
  for (const life of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    await t.rejects(bus.set(key, '', life), RangeError);
    await t.rejects(bus.add(key, '', life), RangeError);
    await t.rejects(bus.count(key, life), RangeError);
    await t.rejects(bus.setFenced(key, fenceOf(1), '', life), RangeError);
  }
  for (const rate of [
    { perSecond: 0, burst: 1 },
    { perSecond: -1, burst: 1 },
    { perSecond: Number.NaN, burst: 1 },
    { perSecond: 1, burst: 0 },
    { perSecond: 1, burst: 0.5 },
  ]) {
    await t.rejects(bus.take(key, rate), RangeError);
    await t.rejects(bus.wait(key, rate), RangeError);
  }
  for (const epoch of [-1, 0.5, 2 ** 53]) {
    await t.rejects(bus.setFenced(key, fenceOf(epoch), '', minute), RangeError);
    await t.rejects(bus.deleteFenced(key, fenceOf(epoch)), RangeError);
  }
  t.equal(await bus.get(key), null);
}

/** What a listener heard. */
class Heard {
  readonly messages: string[] = [];
  private wake = () => {};

  readonly listener = (message: string) => {
    this.messages.push(message);
    this.wake();
  };

  async until(message: string): Promise<void> {
    while (!this.messages.includes(message)) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

async function notices(t: Test, { open }: BusMaker): Promise<void> {
  const [sender, other] = [await open(t), await open(t)];
  const [channel, elsewhere] = [fresh('news'), fresh('other')];
  await sender.publish(channel, 'nobody hears this');
  const heard = [new Heard(), new Heard(), new Heard()] as const;
  await sender.subscribe(channel, heard[0].listener);
  await other.subscribe(channel, heard[1].listener);
  await other.subscribe(channel, () => {
    throw new Error('a listener that fails');
  });
  await other.subscribe(channel, heard[2].listener);
  await other.subscribe(elsewhere, () => t.fail('another channel'));
  const sent = Array.from({ length: 200 }, (_, number) => `number ${number}`).concat('last');
  await Promise.all(sent.map((message) => sender.publish(channel, message)));
  for (const one of heard) {
    await one.until('last');
    t.strictSame(one.messages, sent);
  }
}

async function silence(t: Test, { open }: BusMaker): Promise<void> {
  const [sender, other] = [await open(t), await open(t)];
  const channel = fresh('news');
  const [first, second, third] = [new Heard(), new Heard(), new Heard()];
  const endFirst = await other.subscribe(channel, first.listener);
  const endSecond = await other.subscribe(channel, second.listener);
  endFirst();
  endFirst();
  await sender.publish(channel, 'one');
  await second.until('one');
  t.strictSame(first.messages, []);
  endSecond();
  await other.subscribe(channel, third.listener);
  await sender.publish(channel, 'two');
  await third.until('two');
  t.strictSame([first.messages, second.messages], [[], ['one']]);
}

async function closing(t: Test, { open }: BusMaker): Promise<void> {
  const bus = await open(t);
  const key = fresh('closed');
  await bus.set(key, 'words', minute);
  await bus.close();
  await bus.close();
  await t.rejects(bus.get(key), { code: 'dependency_down' });
  await t.rejects(bus.count(key, minute), { code: 'dependency_down' });
  await t.rejects(bus.getFenced(key), { code: 'dependency_down' });
  await t.rejects(bus.publish(key, ''), { code: 'dependency_down' });
  await t.rejects(
    bus.subscribe(key, () => {}),
    { code: 'dependency_down' },
  );
}
