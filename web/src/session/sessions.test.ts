import t from 'tap';
import { HandTimers } from '../../../client/src/testing/hand-timers.js';
import { FakeConnection } from './testing/fake-connection.js';
import { settled } from './testing/fake-devices.js';
import { FakeRoom, refused } from './testing/fake-room.js';

/** Ada and Grace are seen by the first session, and go on by it. */
async function meeting(seat = {}) {
  const room = new FakeRoom(new HandTimers(), seat);
  await settled();
  await room.offer(1, ['ada', 'grace']);
  room.connect(0);
  return { room, first: room.pair(0) };
}

/** Something comes by these m-lines, each 50 ms. */
async function flow(room: FakeRoom, ms: number, lines: [FakeConnection, string][]) {
  for (let passed = 0; passed < ms; passed += 50) {
    for (const [connection, mid] of lines) connection.receive(mid);
    await room.pass(50);
  }
}

t.test('a drain: each picture changes over when it has come, and none is doubled', async (t) => {
  const { room, first } = await meeting();
  const [ada, grace] = [`${first.subscribe.serial}/0`, `${first.subscribe.serial}/1`];
  t.same(room.shown.at(-1), { ada, grace });
  const old: [FakeConnection, string][] = [
    [first.subscribe, '0'],
    [first.subscribe, '1'],
  ];
  room.held = ['migrate.done'];
  await room.migrate();
  const next = room.pair(1);
  t.match(room.ofType('publish.offer')[1], { epoch: 2, rev: 1, tracks: [{ muted: true }] });
  await room.offer(2, ['grace', 'ada']);
  t.same(room.known, ['grace', 'ada'], 'what is wanted of them is told to the other node');
  await flow(room, 800, old);
  t.same(room.shown.at(-1), { ada, grace }, 'nothing has come yet');
  room.connect(1);
  await flow(room, 300, [...old, [next.subscribe, '0']]);
  const newGrace = `${next.subscribe.serial}/0`;
  t.same(room.shown.at(-1), { ada, grace: newGrace });
  t.same(room.ofType('migrate.done'), [], 'Ada is lacking');
  await flow(room, 300, [...old, [next.subscribe, '0'], [next.subscribe, '1']]);
  t.same(room.shown.at(-1), { ada: `${next.subscribe.serial}/1`, grace: newGrace });
  t.same(room.ofType('migrate.done'), [{ epoch: 2 }]);
  t.equal(FakeConnection.open.length, 4);
  await room.answer();
  const { open } = FakeConnection;
  t.same(open, [...Object.values(first), ...Object.values(next)], 'others have not moved yet');
  first.publish.dtlsState = 'closed';
  await room.pass(500);
  t.same(FakeConnection.open, [next.publish, next.subscribe], 'the old node has ended it');
  await room.receive('subscribe.map', { epoch: 2, rev: 1, map: [] });
  t.same(room.shown.at(-1), {}, 'nothing of it is left');
  await room.pass(20_000);
  t.equal(room.ofType('migrate.done').length, 1);
  t.same([room.interruptions, room.failures], [[], []]);
});

t.test(
  'a voice changes over when it flows; of a dead node there is nothing to wait for',
  async (t) => {
    const { room, first } = await meeting();
    await room.offer(1, ['ada', 'grace', "ada's voice"], 2);
    const old = room.shown.at(-1)?.["ada's voice"];
    await room.migrate();
    const next = room.pair(1).subscribe;
    await room.offer(2, ["ada's voice"]);
    room.connect(1);
    next.receive('0');
    next.receive('0');
    await flow(room, 500, [[first.subscribe, '2']]);
    t.equal(room.shown.at(-1)?.["ada's voice"], old, 'two packets are no sound yet');
    next.receive('0');
    await room.pass(200);
    t.equal(room.shown.at(-1)?.["ada's voice"], `${next.serial}/0`);
    await room.migrate({ epoch: 3, make_before_break: false });
    await room.offer(3, ["ada's voice", 'ada']);
    const { shown } = room;
    t.match(shown.at(-1), { "ada's voice": `${room.pair(2).subscribe.serial}/0` }, 'at once');
    t.equal(shown.at(-1)?.ada, `${first.subscribe.serial}/0`, 'her last picture stays');
  },
);

t.test('who is silent by the old way is not waited for', async (t) => {
  const { room, first } = await meeting();
  await room.migrate();
  const next = room.pair(1);
  await room.offer(2, ['ada']);
  room.connect(1);
  await flow(room, 700, [
    [first.subscribe, '0'],
    [next.subscribe, '0'],
  ]);
  t.same(room.ofType('migrate.done'), [{ epoch: 2 }]);
});

t.test('at the deadline the old ones end, whatever is lacking', async (t) => {
  const { room, first } = await meeting();
  await room.migrate({ deadline_ms: 2_000 });
  const next = room.pair(1);
  await room.offer(2, []);
  room.connect(1);
  await flow(room, 1_950, [[first.subscribe, '0']]);
  t.same(room.ofType('migrate.done'), []);
  await room.pass(100);
  t.same(room.ofType('migrate.done'), [{ epoch: 2 }]);
  t.same(FakeConnection.open, [next.publish, next.subscribe]);
  t.same(room.shown.at(-1), {});
});

t.test('a dead node: it is left at once, last pictures stay until others come', async (t) => {
  const { room, first } = await meeting();
  const shown = room.shown.at(-1);
  await room.migrate({ make_before_break: false, retry_jitter_ms: 400 });
  t.same([first.publish.connectionState, first.subscribe.connectionState], ['closed', 'connected']);
  t.equal(room.ofType('publish.offer').length, 1);
  await room.offer(2, ['ada', 'grace']);
  t.same(room.ofType('subscribe.answer').length, 1, 'not all come at one moment');
  await room.pass(200);
  t.match(room.ofType('publish.offer')[1], { epoch: 2, rev: 1 });
  t.match(room.ofType('subscribe.answer')[1], { epoch: 2, rev: 1 });
  await room.pass(300);
  t.same(room.shown.at(-1), shown);
  t.same(room.ofType('migrate.done'), [], 'nothing is connected');
  room.connect(1);
  const next = room.pair(1);
  await flow(room, 1_000, [[next.subscribe, '1']]);
  t.same(room.shown.at(-1), { ...shown, grace: `${next.subscribe.serial}/1` });
  t.same(room.ofType('migrate.done'), [{ epoch: 2 }], 'both ways carry');
  t.same([room.interruptions, room.gaps], [[], []], 'it took less than a second');
  await room.pass(10_000);
  t.same(room.shown.at(-1), {
    ada: `${next.subscribe.serial}/0`,
    grace: `${next.subscribe.serial}/1`,
  });
});

t.test(
  'a node that takes longer to be replaced is a word to the person, until media flows',
  async (t) => {
    const { room } = await meeting();
    await room.migrate({ make_before_break: false });
    await room.pass(900);
    t.same(room.interruptions, []);
    await room.pass(200);
    t.same(room.interruptions, [true]);
    t.match(room.shown.at(-1), { ada: /./, grace: /./ });
    await room.pass(20_000);
    t.same(room.shown.at(-1), {}, 'no picture stands still for so long');
    t.same(room.ofType('migrate.done'), [], 'nobody has arrived anywhere');
    await room.offer(2, ['ada']);
    room.connect(1);
    await room.pass(500);
    t.same(room.interruptions, [true, false], 'also after the deadline');
    t.same(room.ofType('migrate.done'), [{ epoch: 2 }]);
    const [gap, ...others] = room.gaps;
    t.match(gap, { cause: 'migration' });
    t.ok(Math.abs(Number(gap?.ms) - 21_500) <= 500, `${gap?.ms} ms`);
    t.same(others, []);
  },
);

t.test(
  'muted is muted: in the offer of the other node, and told while both are there',
  async (t) => {
    const { room, first } = await meeting();
    room.held = ['publish.offer'];
    await room.migrate();
    room.setMuted(false);
    room.setMuted(true);
    t.same(
      room.ofType('publish.update').map(({ muted }) => muted),
      [false],
      'the first node is told',
    );
    await settled();
    await room.answer();
    t.equal(room.ofType('publish.update').at(-1)?.muted, true, 'the last word is the last');
    t.notOk(
      room.ofType('publish.offer').some(({ tracks }) => !(tracks as [{ muted: boolean }])[0].muted),
    );
    const { length } = room.ofType('publish.update');
    room.setMuted(false);
    await settled();
    t.same(
      room.ofType('publish.update').slice(length),
      Array(2).fill({ publication_id: 'own-microphone', muted: false }),
    );
    t.equal(first.publish.transceivers[0]?.sender.track, room.microphone);
    t.equal(room.pair(1).publish.transceivers[0]?.sender.track, room.microphone);
  },
);

t.test('a word that met a room on the move is said again; muting is never lost', async (t) => {
  const { room } = await meeting();
  room.setMuted(false);
  await settled();
  for (const code of ['stale_epoch', 'node_lost'] as const) {
    room.refuse = ({ t }) => (t === 'publish.update' ? refused(code) : undefined);
    room.setMuted(true);
    await settled();
    room.refuse = () => undefined;
    const { length } = room.ofType('publish.update');
    await room.pass(1_000);
    t.same(
      room
        .ofType('publish.update')
        .slice(length)
        .map(({ muted }) => muted),
      [true],
      code,
    );
    room.setMuted(false);
    await settled();
  }
  room.refuse = ({ t }) => (t === 'publish.update' ? refused('node_lost') : undefined);
  room.setMuted(true);
  await settled();
  await room.migrate({ make_before_break: false });
  t.match(room.ofType('publish.offer').at(-1), { epoch: 2, tracks: [{ muted: true }] });
  t.same(room.failures, [], 'nobody hears of it');
});

t.test("what is asked of a lost node is nobody's mistake: no word to the person", async (t) => {
  const { room, first } = await meeting();
  room.refuse = () => refused('node_lost');
  first.subscribe.fail();
  first.publish.fail();
  await room.offer(1, ['ada'], 2);
  await room.pass(3_000);
  t.equal(room.ofType('subscribe.restart').length, 1);
  t.ok(room.ofType('publish.offer').length > 2, 'offered until somebody takes it');
  room.refuse = () => undefined;
  await room.pass(1_000);
  t.same(room.failures, []);
});

t.test('messages go to the session of their epoch, those of none to the newest', async (t) => {
  const { room } = await meeting();
  await room.migrate();
  await room.offer(2, ['ada', 'grace']);
  await room.receive('subscribe.map', {
    epoch: 1,
    rev: 1,
    map: [{ mid: '0', publication_id: 'eve' }],
  });
  const old = `${room.pair(0).subscribe.serial}/0`;
  t.equal(room.shown.at(-1)?.eve, old);
  await room.receive('subscribe.map', { rev: 1, map: [{ mid: '1', publication_id: 'bob' }] });
  t.equal(room.shown.at(-1)?.bob, `${room.pair(1).subscribe.serial}/1`);
  const { length } = room.shown;
  await room.receive('subscribe.map', { epoch: 7, rev: 1, map: [] });
  await room.migrate({ epoch: 2 });
  await room.migrate({ epoch: 1 });
  t.equal(room.shown.length, length, 'what is of no epoch of ours, or old, is nothing');
  t.equal(FakeConnection.all.length, 4);
});

t.test('an offer that comes before the word of the move is answered after it', async (t) => {
  const { room } = await meeting();
  await room.offer(2, ['ada', 'grace']);
  await room.offer(1, ['ada'], 2);
  t.equal(room.ofType('subscribe.answer').length, 2, 'of the epoch that there is');
  await room.migrate();
  t.match(room.ofType('subscribe.answer').at(-1), { epoch: 2, rev: 1 });
  t.same(room.known, ['ada', 'grace']);
});

t.test('a room that moves on before it has arrived: only the last move counts', async (t) => {
  const { room, first } = await meeting();
  await room.migrate({ deadline_ms: 1_000 });
  await room.offer(2, ['ada']);
  await room.migrate({ epoch: 3, deadline_ms: 5_000 });
  const last = room.pair(2);
  await room.offer(3, ['ada', 'grace']);
  room.connect(2);
  await flow(room, 1_500, [[first.subscribe, '0']]);
  t.same(room.ofType('migrate.done'), [], 'the first deadline is void');
  await flow(room, 300, [
    [first.subscribe, '0'],
    [last.subscribe, '0'],
  ]);
  t.same(room.ofType('migrate.done'), [{ epoch: 3 }]);
  await room.pass(5_000);
  t.same(FakeConnection.open, [last.publish, last.subscribe]);
});

t.test('another process takes the room over: the same transports under another name', async (t) => {
  const { room, first } = await meeting();
  room.refuse = ({ d }) => (d.epoch === 1 ? refused('stale_epoch') : undefined);
  await room.offer(1, ['ada', 'grace', 'eve'], 2);
  room.devices.patch({ microphone: { state: 'on', track: room.microphone } });
  const camera = { kind: 'audio', id: 'camera' } as unknown as MediaStreamTrack;
  room.devices.patch({ camera: { state: 'on', track: camera } });
  await settled();
  t.match(room.ofType('publish.offer').at(-1), { epoch: 1, rev: 2 });
  room.sessions.keep(room.seat({ epoch: 5, transports: 'kept' }));
  await settled();
  t.match(room.ofType('publish.offer').at(-1), { epoch: 5, rev: 3, tracks: [{}, {}] });
  t.match(room.ofType('subscribe.answer').at(-1), { epoch: 5, rev: 2 });
  await room.offer(5, ['ada'], 3);
  t.match(room.ofType('subscribe.answer').at(-1), { epoch: 5, rev: 3 });
  t.same(FakeConnection.all, [first.publish, first.subscribe]);
  room.sessions.keep(room.seat({ epoch: 6, resumed: true }));
  await room.offer(5, ['ada'], 4);
  t.match(room.ofType('subscribe.answer').at(-1), { epoch: 5, rev: 4 }, 'a migrate would follow');
  t.same(room.failures, []);
});

t.test(
  'silence of a node that promised a beat is told, with the ticket; then media comes again',
  async (t) => {
    const standby = { node_id: 'n2', ticket: 'one' };
    const { room, first } = await meeting({ media_beat_ms: 300, standby });
    const beat = () => {
      first.publish.receive();
      first.subscribe.receive();
    };
    for (let count = 0; count < 10; count++) {
      beat();
      await room.pass(300);
    }
    t.same(room.ofType('media.lost'), []);
    room.sessions.setTicket('two');
    for (let count = 0; count < 5; count++) {
      first.publish.receive();
      await room.pass(300);
    }
    const [loss] = room.ofType('media.lost');
    t.match(loss, { epoch: 1, direction: 'subscribe', failed_checks: 0, ticket: 'two' });
    t.ok(Number(loss?.silence_ms) >= 1_000);
    t.same(room.interruptions, [true]);
    beat();
    await room.pass(300);
    t.same(room.interruptions, [true, false]);
    t.match(room.gaps, [{ cause: 'path' }]);
    const gapMs = Number(room.gaps[0]?.ms);
    t.ok(gapMs >= 1_500 && gapMs <= 2_000, `from the last beat to the next: ${gapMs} ms`);
    room.isOnline = false;
    await room.pass(2_000);
    t.equal(room.ofType('media.lost').length, 1, 'no server hears it');
    t.same(room.interruptions, [true, false, true]);
  },
);

t.test('a node that promises nothing is never said to be lost', async (t) => {
  const { room } = await meeting();
  await room.pass(10_000);
  t.same([room.ofType('media.lost'), room.interruptions], [[], []]);
});
