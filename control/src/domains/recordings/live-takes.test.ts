/** Which recorder goes on after a start of the process that has the room; on a clock of the test. */
import t, { type Test } from 'tap';
import type { RecordingOrder, RecordingStatus } from '../../../../recorder/src/index.js';
import { NodeError } from '../../nodes/node-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { TestRecorder, TestRecorders } from '../../testing/test-recorders.js';
import { Takes } from './live-takes.js';

async function left(t: Test) {
  const clock = new TestClock();
  const [had, other] = [new TestRecorder('had it'), new TestRecorder('other')];
  const recorders = new TestRecorders();
  const assigned: string[] = [];
  const unused: number[] = [];
  const heard: RecordingStatus[] = [];
  /** What the row says, when nobody says whether a take was assigned. */
  const row: { written: { take: number; recorderId: string } | null } = { written: null };
  /** Whether nothing can be written. */
  const away = { isAway: false };
  let isOver = false;
  const settled = () => new Promise(setImmediate);
  const order = (take: number) =>
    ({ recordingId: 'r', take, isPaused: false, allowed: null }) as unknown as RecordingOrder;
  const takes: Takes = new Takes(
    {
      ...{ clock, recorders, report: () => {}, recordingId: 'r', order, roster: () => [] },
      room: () => ({ roomId: 'room', epoch: 2, region: 'local' }),
      assign: async (take, recorderId, refusedTake) => {
        const without = refusedTake === null ? '' : ` without ${refusedTake}`;
        assigned.push(`${take} ${recorderId}${without}`);
        if (away.isAway) throw new Error('as the test wants it');
        return row.written === null && !isOver;
      },
      assigned: async () => row.written,
      unused: async (take) => {
        unused.push(take);
      },
    },
    {
      ...{
        changed: () => {},
        began: () => {},
        none: () => {},
        status: (status) => heard.push(status),
      },
      over: () => takes.end('stopped'),
    },
    { take: 1, recorderId: 'had it' },
  );
  recorders.listen({
    event: () => {},
    lost: (id) => takes.lost(id),
    described: (recorder, description) => takes.described(recorder, description),
  });
  t.teardown(() => takes.close());
  await takes.adopt();
  const wasEnded = () => {
    isOver = true;
  };
  /** The one that had it comes, refuses, and would not refuse again. */
  const refusedOnce = async (code: NodeError['code']) => {
    had.refusal = new NodeError(code, 'as the test wants it');
    recorders.come(had);
    await settled();
    had.refusal = null;
    clock.advance(10_001);
    await settled();
  };
  return {
    refusedOnce,
    wasEnded,
    clock,
    had,
    other,
    recorders,
    takes,
    assigned,
    unused,
    heard,
    row,
    away,
    settled,
  };
}

t.test('another one is there first: the one that has it is waited for', async (t) => {
  const { had, other, recorders, assigned, settled } = await left(t);
  recorders.come(other);
  await settled();
  t.same(assigned, []);
  recorders.come(had);
  await settled();
  t.match(had.recording, { order: { take: 1 }, adopt: true }, 'its links go on');
  t.same(assigned, [], 'it has its take already');
  t.equal(other.recording, undefined);
});

t.test('it does not come: another one begins the next take', async (t) => {
  const { clock, other, recorders, assigned, settled } = await left(t);
  recorders.come(other);
  clock.advance(4000);
  await settled();
  t.same(assigned, ['2 other']);
  t.match(other.recording, { order: { take: 2 } });
});

t.test('it comes again after it was lost here: its links have ended here', async (t) => {
  const { had, recorders, takes, settled } = await left(t);
  t.ok(takes.isExpected);
  recorders.come(had);
  await settled();
  t.notOk(takes.isExpected);
  recorders.lose(had, true);
  recorders.come(had);
  await settled();
  t.match(had.recording, { order: { take: 1 }, adopt: false });
});

t.test(
  'it comes in the very turn in which it was lost, then does not answer: another one goes on',
  async (t) => {
    const { clock, had, other, recorders, takes, settled } = await left(t);
    recorders.come(had);
    await settled();
    recorders.lose(had, true);
    had.hold = new Promise(() => {});
    recorders.come(had);
    await settled();
    t.equal(takes.state, 'opening');
    recorders.come(other);
    recorders.lose(had, true);
    await settled();
    clock.advance(1000);
    await settled();
    t.match(other.recording, { order: { take: 2 } });
  },
);

t.test(
  'one refuses: the next one is given a take of its own, and of this one is nothing',
  async (t) => {
    const { clock, had, other, recorders, assigned, settled } = await left(t);
    other.refusal = new NodeError('no_capacity', 'as the test wants it');
    recorders.come(other);
    clock.advance(4000);
    await settled();
    const third = new TestRecorder('third');
    recorders.come(third);
    clock.advance(1000);
    await settled();
    t.same(assigned, ['2 other', '3 third without 2']);
    t.match(third.recording, { order: { take: 3 } });
    t.equal(had.recording, undefined);
  },
);

t.test('a take that has failed at its recorder is not opened again under its number', async (t) => {
  const { had, assigned, refusedOnce } = await left(t);
  await refusedOnce('internal');
  t.same(assigned, ['2 had it']);
  t.match(had.recording, { order: { take: 2 } });
});

for (const code of ['node_lost', 'stale_epoch', 'no_capacity'] as const) {
  t.test(`refused as ${code}: its take is there to go on with`, async (t) => {
    const { had, assigned, refusedOnce } = await left(t);
    await refusedOnce(code);
    t.same(assigned, []);
    t.match(had.recording, { order: { take: 1 } });
  });
}

t.test('what its recorder still has of a take of before says nothing of this one', async (t) => {
  const { clock, had, takes, heard, settled, refusedOnce } = await left(t);
  await refusedOnce('internal');
  const held = had.recording as NonNullable<typeof had.recording>;
  const [before, now] = [had.statusOf(held, { take: 1, state: 'finishing' }), had.statusOf(held)];
  const opened = () => had.calls.filter(({ method }) => method === 'openRoom').length;
  const describe = async (...recordings: RecordingStatus[]) => {
    clock.advance(10_001);
    takes.described(had, { recordings, renders: [], load: had.load });
    await settled();
    return opened();
  };
  const times = opened();
  t.equal(await describe(before, now), times);
  t.match(heard, [{ take: 2, state: 'recording' }]);
  t.equal(await describe(before), times + 1, 'it has nothing of it, and is told again');
});

t.test(
  'a take was assigned, and the answer was lost: it goes on from what is written',
  async (t) => {
    const { clock, other, recorders, row, assigned, settled } = await left(t);
    row.written = { take: 2, recorderId: 'other' };
    recorders.come(other);
    clock.advance(4000);
    await settled();
    t.same(assigned, ['2 other']);
    t.equal(other.recording, undefined);
    clock.advance(1000);
    await settled();
    t.same(assigned, ['2 other'], 'it has it already');
    t.match(other.recording, { order: { take: 2 } });
  },
);

t.test('one refuses when the recording has ended: its take is not waited for', async (t) => {
  const { clock, other, recorders, takes, unused, settled } = await left(t);
  let open = () => {};
  other.hold = new Promise((resolve) => {
    open = resolve;
  });
  other.refusal = new NodeError('internal', 'as the test wants it');
  recorders.come(other);
  clock.advance(4000);
  await settled();
  takes.end('stopped');
  t.same(unused, []);
  open();
  await settled();
  t.same(unused, [2]);
});

t.test('its recorder says that it has failed: another one goes on', async (t) => {
  const { had, other, recorders, takes, assigned, settled } = await left(t);
  recorders.come(had);
  recorders.come(other);
  await settled();
  const held = had.recording;
  t.match(held, { order: { take: 1 } });
  if (held === undefined) return;
  takes.heard('had it', had.statusOf(held, { state: 'failed' }));
  await settled();
  t.same(assigned, ['2 other']);
  t.match(other.recording, { order: { take: 2 } });
});

/** Where the room's links lead. */
const linked = (takes: Takes) => takes.copies.map(({ placed }) => placed.nodeId);

t.test('nothing can be said to it: its links stay until another one has opened', async (t) => {
  const { clock, had, other, recorders, takes, settled } = await left(t);
  recorders.come(had);
  clock.advance(4000);
  await settled();
  recorders.lose(had, true);
  t.same([takes.state, linked(takes)], ['none', ['had it']]);
  let open = () => {};
  other.hold = new Promise((resolve) => {
    open = resolve;
  });
  recorders.come(other);
  await settled();
  t.same([takes.state, linked(takes)], ['opening', ['other', 'had it']]);
  open();
  await settled();
  t.same([takes.state, linked(takes)], ['there', ['other']]);
});

t.test('it can be reached again: it is linked once', async (t) => {
  const { had, recorders, takes, settled } = await left(t);
  recorders.come(had);
  await settled();
  recorders.lose(had, true);
  recorders.come(had);
  await settled();
  t.same([takes.state, linked(takes)], ['there', ['had it']]);
  takes.end('stopped');
  t.same(linked(takes), []);
});

for (const { what, before, after, goesOn } of [
  { what: 'somebody takes a yes back', before: ['a', 'b'], after: ['a'], goesOn: false },
  { what: 'somebody says yes', before: ['a'], after: ['a', 'b'], goesOn: true },
  { what: 'all may be written', before: ['a'], after: null, goesOn: true },
  { what: 'no longer all may be written', before: null, after: ['a'], goesOn: false },
]) {
  t.test(`while nothing can be said to it, ${what}`, async (t) => {
    const { had, recorders, takes, settled } = await left(t);
    recorders.come(had);
    await settled();
    takes.want({ isPaused: false, allowed: before });
    await settled();
    recorders.lose(had, true);
    t.same(linked(takes), ['had it']);
    takes.want({ isPaused: false, allowed: after });
    t.same(linked(takes), goesOn ? ['had it'] : []);
    takes.want({ isPaused: true, allowed: after });
    t.same(linked(takes), [], 'paused: it would go on');
  });
}

t.test(
  'it is lost while it was told what it may write: nothing leads there any more',
  async (t) => {
    const { had, recorders, takes, settled } = await left(t);
    recorders.come(had);
    await settled();
    takes.want({ isPaused: false, allowed: ['a'] });
    recorders.lose(had, true);
    t.same(linked(takes), []);
  },
);

t.test('paused and lost: its links stay, whoever is forbidden', async (t) => {
  const { had, recorders, takes, settled } = await left(t);
  recorders.come(had);
  await settled();
  takes.want({ isPaused: true, allowed: null });
  await settled();
  recorders.lose(had, true);
  takes.want({ isPaused: true, allowed: [] });
  t.same(linked(takes), ['had it']);
  takes.want({ isPaused: false, allowed: [] });
  t.same(linked(takes), ['had it'], 'it writes nothing');
});

t.test('its recorder stops: it goes on there until the next take is written', async (t) => {
  const { clock, had, other, recorders, takes, assigned, away, settled } = await left(t);
  recorders.come(had);
  recorders.come(other);
  await settled();
  away.isAway = true;
  takes.leaving('had it');
  await settled();
  t.same(assigned, ['2 other']);
  t.equal(had.recording?.stopped, null, 'nothing can be written: it goes on');
  t.same([takes.state, linked(takes)], ['there', ['had it']]);
  clock.advance(20_000);
  await settled();
  t.equal(had.recording?.stopped, null, 'nor is it opened again where it ends');
  away.isAway = false;
  clock.advance(1000);
  await settled();
  t.same(had.recording, undefined);
  t.match(other.recording, { order: { take: 2 } });
  t.same(linked(takes), ['other']);
});

t.test('its recorder stops, and there is no other one: it goes on there', async (t) => {
  const { clock, had, recorders, takes, assigned, settled } = await left(t);
  recorders.come(had);
  await settled();
  takes.leaving('had it');
  clock.advance(5000);
  await settled();
  t.same(assigned, []);
  t.equal(had.recording?.stopped, null);
  recorders.lose(had);
  recorders.come(had);
  await settled();
  t.match(had.recording, { order: { take: 1 } }, 'and with the same take when it is back');
});

t.test('it has ended, by what is written: nobody is sought for it', async (t) => {
  const { wasEnded, clock, other, recorders, takes, assigned, settled } = await left(t);
  wasEnded();
  recorders.come(other);
  clock.advance(4000);
  await settled();
  t.same(assigned, ['2 other']);
  clock.advance(10_000);
  await settled();
  t.same(assigned, ['2 other'], 'once');
  t.same([takes.state, other.recording], ['none', undefined]);
});
