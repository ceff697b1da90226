/** What a client does when a control process is lost, or its room goes to another one. */
import t from 'tap';
import { FakeWire } from './testing/fake-wire.js';

const urls = ['ws://a', 'ws://b'];
const refusal = (code: string, retry_after_ms?: number) => ({
  t: 'error',
  d: { code, detail: '', fatal: true, ...(retry_after_ms === undefined ? {} : { retry_after_ms }) },
});

t.test('a lost process: the next address within a second, and all of them before it waits', (t) => {
  const wire = new FakeWire({ urls });
  wire.joined({ seq: 1 });
  wire.lose();
  wire.refuseSockets = true;
  wire.advance(500);
  t.same(wire.urls, ['ws://a', 'ws://a', 'ws://b'], 'the way may have broken; the process has not');
  wire.advance(500);
  t.same(wire.urls.slice(3), ['ws://a'], 'each has had its try');
  wire.advance(999);
  t.equal(wire.opened, 4, 'from here on it waits longer');
  wire.refuseSockets = false;
  wire.advance(1);
  t.equal(wire.urls.at(-1), 'ws://b');
  wire.joined({ seq: 1, resumed: true });
  wire.lose();
  wire.advance(500);
  t.equal(wire.urls.at(-1), 'ws://b', 'where it was');
  t.end();
});

t.test('a process that is silent is not the next', (t) => {
  const wire = new FakeWire({ urls });
  wire.joined({ seq: 1 });
  wire.advance(3_500);
  wire.advance(500);
  t.same(wire.urls, ['ws://a', 'ws://b']);
  t.end();
});

t.test('a process that goes away says where to: there first, then as ever', (t) => {
  const wire = new FakeWire({ urls });
  wire.joined({ seq: 1 });
  const signaling = [{ url: 'ws://c', region: 'r' }];
  const goaway = { reason: 'drain', reconnect_after_ms: 3_000, signaling };
  wire.receive({ t: 'goaway', d: goaway });
  wire.lose(4503);
  wire.refuseSockets = true;
  wire.advance(2_999);
  t.equal(wire.opened, 1);
  wire.advance(1);
  t.equal(wire.urls.at(-1), 'ws://c');
  wire.advance(500);
  t.equal(wire.urls.at(-1), 'ws://a', 'what the process had asked for is done');
  t.end();
});

for (const code of ['stale_epoch', 'dependency_down', 'node_lost', 'no_capacity']) {
  t.test(`a resume refused with ${code} is tried again: the seat is kept`, (t) => {
    const wire = new FakeWire({ urls });
    wire.joined({ seq: 1 });
    wire.lose();
    wire.advance(500);
    wire.receive(refusal(code, 700));
    wire.lose(4401);
    t.same(wire.states, ['online', 'reconnecting']);
    wire.advance(699);
    t.equal(wire.opened, 2);
    wire.advance(1);
    t.equal(wire.opened, 3, 'when the server has said');
    t.match(wire.lastSent(), { t: 'hello', d: { resume: { token: 'resume-1' } } });
    wire.joined({ seq: 1, resumed: true });
    t.same(wire.states, ['online', 'reconnecting', 'online']);
    t.end();
  });
}

t.test('an address that answers with a refusal has not failed: the wait does not grow', (t) => {
  const wire = new FakeWire({ urls });
  wire.joined({ seq: 1 });
  wire.lose();
  for (let n = 0; n < 5; n += 1) {
    wire.advance(n === 0 ? 500 : 700);
    t.equal(wire.opened, n + 2, 'when the server has said');
    wire.receive(refusal('dependency_down', 700));
    wire.lose(4503);
  }
  wire.advance(700);
  wire.lose();
  wire.advance(500);
  t.equal(wire.opened, 8, 'one address has failed, as at first');
  t.end();
});

t.test('a join token of another epoch has no seat that could be asked for again', (t) => {
  const wire = new FakeWire();
  wire.receive(refusal('stale_epoch'));
  wire.lose(4401);
  t.same(wire.states, ['ended: seat_lost']);
  t.end();
});

t.test('a room taken over with its transports: what is asked of them is asked again', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 9 });
  const command = { publication_id: 'p', muted: true };
  wire.signaling.command('publish.update', command).catch(() => t.fail('it is given up'));
  wire.lose();
  wire.advance(500);
  wire.joined({ seq: 1, transports: 'kept' });
  const [first, second] = wire.sentOf('publish.update');
  t.ok(first?.id);
  t.equal(first?.id, second?.id);
  wire.receive({ t: 'participant.left', seq: 2, d: { id: 'a', reason: 'left' } });
  t.equal(wire.messages.length, 1, 'its numbering holds');
  t.end();
});

t.test('that media was lost is not said of a time before the socket', async (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  const loss = { epoch: 1, direction: 'publish', silence_ms: 1_000, failed_checks: 0 } as const;
  const said = wire.signaling.command('media.lost', loss);
  wire.lose();
  wire.advance(500);
  wire.joined({ seq: 1, resumed: true });
  await t.rejects(said, { code: 'abandoned' });
  t.equal(wire.sentOf('media.lost').length, 1);
});
