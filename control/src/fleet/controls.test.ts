/** Who of the other control processes lives: what silence, another process at the address, and a new beat say. */
import t from 'tap';
import { TestClock } from '../testing/test-clock.js';
import type { DialListener } from './control-contact.js';
import { Controls } from './controls.js';
import type { ControlsTable } from './controls-table.js';
import { lostAfterMs } from './node-messages.js';

const other = { controlId: 'other', fleetAddress: 'b:1', origin: null, region: 'default' };
const own = { controlId: 'own', fleetAddress: 'a:1', origin: null, region: 'default' };
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** One process, and another one in the table whose connections the test answers. */
function twoProcesses(region = 'default') {
  const clock = new TestClock();
  const dialled: DialListener[] = [];
  let beatAt = new Date(clock.now());
  const table: ControlsTable = {
    enter: async () => {},
    beat: async () => {},
    leave: async () => {},
    list: async () => [{ ...other, region, beatAt }],
    find: async () => other,
  };
  const controls = new Controls({
    ...{ clock, table, log: { info() {}, warn() {} } },
    dial: (_, listener) => dialled.push(listener),
  });
  /** Whoever is at the address names itself. */
  const answer = (controlId: string) => {
    const listener = dialled.at(-1) as DialListener;
    listener.opened({ send() {}, close() {} });
    listener.received(JSON.stringify({ k: 'beat', isLeaving: false, controlId }));
  };
  const beat = () => {
    beatAt = new Date(beatAt.getTime() + 1);
  };
  return { clock, controls, answer, beat, dialled };
}

t.test('a process at the address of one that has ended does not pass for it', async (t) => {
  const { controls, answer } = twoProcesses();
  const lost: string[] = [];
  controls.onLost((controlId) => lost.push(controlId));
  const entered = controls.enter(own);
  await settled();
  answer('its successor');
  await entered;
  t.notOk(await controls.isAlive('other'));
  t.strictSame(lost, ['other']);
  controls.vanish();
});

t.test('what is of a region is inherited there, if anybody there lives', async (t) => {
  const { controls, answer, clock } = twoProcesses('far away');
  const entered = controls.enter(own);
  await settled();
  answer('other');
  await entered;
  const keys = Array.from({ length: 20 }, (_, number) => `${number}`);
  const ours = (region: string | null) =>
    keys.filter((key) => controls.isHeirOf(key, region)).length;
  const theirs = (region: string | null) => [
    ...new Set(keys.map((key) => controls.farHeirOf(key, region))),
  ];
  t.equal(ours('default'), 20);
  t.strictSame(theirs('default'), [null]);
  t.equal(ours('far away'), 0);
  t.strictSame(theirs('far away'), ['other']);
  for (const region of ['nowhere', null]) {
    t.ok(ours(region) > 0 && ours(region) < 20, `anybody: ${region}`);
    t.strictSame(theirs(region), [null]);
  }
  for (let second = 0; second <= lostAfterMs / 1000; second++) {
    clock.advance(1000);
    await settled();
  }
  t.equal(ours('far away'), 20, 'its last process is gone');
  t.strictSame(theirs('far away'), [null]);
  controls.vanish();
});

t.test('of a region that can take, rather who is heard; nobody who does not write', async (t) => {
  const clock = new TestClock();
  const dialled = new Map<string, DialListener>();
  const beats = new Map([
    ['one', 0],
    ['two', 0],
  ]);
  const table: ControlsTable = {
    enter: async () => {},
    beat: async () => {},
    leave: async () => {},
    find: async () => null,
    list: async () =>
      [...beats].map(([controlId, beat]) => ({
        ...{ controlId, fleetAddress: controlId, origin: null, region: 'far away' },
        beatAt: new Date(beat),
      })),
  };
  const controls = new Controls({
    ...{ clock, table, log: { info() {}, warn() {} } },
    dial: (address, listener) => dialled.set(address, listener),
  });
  const speak = (controlId: string) => {
    const listener = dialled.get(controlId) as DialListener;
    listener.opened({ send() {}, close() {} });
    listener.received(JSON.stringify({ k: 'beat', isLeaving: false, controlId }));
  };
  const entered = controls.enter(own);
  await settled();
  for (const controlId of beats.keys()) speak(controlId);
  await entered;
  const keys = Array.from({ length: 20 }, (_, number) => `${number}`);
  const heirs = () => [...new Set(keys.map((key) => controls.farHeirOf(key, 'far away')))].sort();
  const pass = async (seconds: number, { speaks, write }: { speaks: string; write: string[] }) => {
    for (let second = 0; second < seconds; second++) {
      for (const controlId of write) beats.set(controlId, (beats.get(controlId) ?? 0) + 1000);
      clock.advance(1000);
      await settled();
      speak(speaks);
    }
  };
  t.strictSame(heirs(), ['one', 'two']);
  await pass(6, { speaks: 'one', write: ['one', 'two'] });
  t.ok(controls.isCut('two'));
  t.strictSame(heirs(), ['one'], 'the other one is cut off from here');
  await pass(6, { speaks: 'one', write: ['two'] });
  t.strictSame(heirs(), ['two'], 'cut off, but it writes');
  t.ok(await controls.isAlive('one'), 'that lives, and has no database');
  await pass(2, { speaks: 'one', write: ['one', 'two'] });
  t.strictSame(heirs(), ['one']);
  controls.vanish();
});

t.test('who was silent and writes again lives', async (t) => {
  const { clock, controls, answer, beat, dialled } = twoProcesses();
  const entered = controls.enter(own);
  await settled();
  answer('other');
  await entered;
  t.ok(await controls.isAlive('other'));
  for (let second = 0; second <= lostAfterMs / 1000; second++) {
    clock.advance(1000);
    await settled();
  }
  t.notOk(await controls.isAlive('other'), 'nothing was heard of it, and it wrote nothing');
  const before = dialled.length;
  beat();
  clock.advance(1000);
  await settled();
  t.equal(dialled.length, before + 1, 'it is asked again');
  answer('other');
  t.ok(await controls.isAlive('other'));
  controls.vanish();
});

t.test('one of another region that starts while the way there is cut counts at once', async (t) => {
  const { clock, controls, answer } = twoProcesses('far away');
  const entered = controls.enter(own);
  await settled();
  t.ok(controls.hasOtherRegions, 'what its nodes write is looked at, and what ours do is written');
  answer('its successor');
  await entered;
  t.ok(controls.hasOtherRegions, 'it has ended: its successor is not written yet');
  clock.advance(30_000);
  t.notOk(controls.hasOtherRegions, 'it has none');
  controls.vanish();
});
