import t from 'tap';
import { FakeWire } from './testing/fake-wire.js';

t.test('greets with the join token, then with the resume token and the last seq', (t) => {
  const wire = new FakeWire();
  t.match(wire.lastSent(), { t: 'hello', d: { token: 'join-token', versions: [1] } });
  wire.joined({ seq: 4 });
  wire.receive({ t: 'participant.left', seq: 5, d: { id: 'a', reason: 'left' } });
  wire.lose();
  wire.advance(1_000);
  t.match(wire.lastSent(), { t: 'hello', d: { resume: { token: 'resume-1', last_seq: 5 } } });
  t.notOk('token' in (wire.lastSent()?.d ?? {}));
  t.same(wire.states, ['online', 'reconnecting']);
  t.end();
});

t.test('an event that was seen before is not told again', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  const left = { t: 'participant.left', seq: 2, d: { id: 'a', reason: 'left' } };
  wire.receive(left);
  wire.lose();
  wire.advance(1_000);
  wire.joined({ seq: 2, resumed: true });
  wire.receive(left);
  wire.receive({ ...left, seq: 3 });
  t.equal(wire.messages.length, 2);
  t.end();
});

t.test('commands wait for the socket and go again with the same id after a resume', async (t) => {
  const wire = new FakeWire();
  const early = wire.signaling.command('chat.send', { body: 'early' });
  t.equal(wire.sentOf('chat.send').length, 0, 'nothing before the seat is taken');
  wire.joined({ seq: 1 });
  wire.lose();
  wire.advance(1_000);
  wire.joined({ seq: 1, resumed: true });
  const [first, second] = wire.sentOf('chat.send');
  t.ok(first?.id);
  t.equal(first?.id, second?.id);
  wire.receive({ t: 'ok', re: first?.id, d: {} });
  t.same(await early, {});
});

t.test('a refused command rejects with the code', async (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  const answer = wire.signaling.command('chat.send', { body: 'x' });
  const id = wire.sentOf('chat.send')[0]?.id;
  wire.receive({ t: 'error', re: id, d: { code: 'forbidden', detail: '', fatal: false } });
  await t.rejects(answer, { code: 'forbidden' });
});

t.test('a seat taken anew abandons what belonged to the old transports', async (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  const offer = wire.signaling.command('publish.offer', { epoch: 1, rev: 1, sdp: 'v', tracks: [] });
  const update = wire.signaling.command('publish.update', { publication_id: 'p', muted: false });
  const wishes = wire.signaling.command('subscription.set', { items: [] });
  const chat = wire.signaling.command('chat.send', { body: 'kept' });
  wire.lose();
  wire.advance(1_000);
  wire.joined({ seq: 1, resumed: false });
  for (const old of [offer, update, wishes]) await t.rejects(old, { code: 'abandoned' });
  t.equal(wire.sentOf('publish.offer').length, 1);
  const again = wire.sentOf('chat.send')[1];
  wire.receive({ t: 'ok', re: again?.id, d: {} });
  await chat;
});

t.test('events are acknowledged after 2 s, or by the next message, or after 50', (t) => {
  const wire = new FakeWire({ isWatchful: false });
  wire.joined({ seq: 10 });
  const event = (seq: number) => ({ t: 'participant.left', seq, d: { id: 'a', reason: 'left' } });
  wire.receive(event(11));
  wire.advance(1_999);
  t.notOk(wire.lastSent()?.ack);
  wire.advance(1);
  t.match(wire.lastSent(), { t: 'ping', ack: 11 });
  wire.receive(event(12));
  wire.signaling.note('pong', { ts: 1 });
  t.match(wire.lastSent(), { t: 'pong', ack: 12 });
  for (let seq = 13; seq <= 62; seq += 1) wire.receive(event(seq));
  t.match(wire.lastSent(), { t: 'ping', ack: 62 });
  t.end();
});

t.test('a hidden page: 10 s of silence are a lost socket; a ping keeps it and is answered', (t) => {
  const wire = new FakeWire({ isWatchful: false });
  t.notOk('heartbeat_ms' in (wire.lastSent()?.d ?? {}), 'no promise');
  wire.joined({ seq: 1 });
  wire.advance(9_000);
  t.equal(wire.sentOf('ping').length, 0);
  wire.receive({ t: 'ping', d: { ts: 7 } });
  t.match(wire.lastSent(), { t: 'pong', d: { ts: 7 } });
  wire.advance(9_999);
  t.same(wire.states, ['online']);
  wire.advance(1);
  t.same(wire.states, ['online', 'reconnecting']);
  t.end();
});

t.test('a heartbeat is promised and kept: a ping when nothing else was sent', (t) => {
  const wire = new FakeWire();
  t.match(wire.lastSent(), { t: 'hello', d: { heartbeat_ms: 850 } });
  wire.joined({ seq: 1 });
  wire.advance(599);
  t.equal(wire.sentOf('ping').length, 0);
  wire.advance(1);
  t.equal(wire.sentOf('ping').length, 1);
  wire.receive({ t: 'pong', d: { ts: 0 } });
  wire.advance(500);
  void wire.signaling.command('chat.send', { body: 'x' }).catch(() => undefined);
  wire.advance(599);
  t.equal(wire.sentOf('ping').length, 1, 'the command was a sign of life');
  wire.advance(1);
  t.equal(wire.sentOf('ping').length, 2);
  t.end();
});

t.test('silence is shown within 2 s and ends with anything that comes, on the same socket', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  wire.advance(1_749);
  t.same(wire.states, ['online']);
  wire.advance(1);
  t.same(wire.states, ['online', 'reconnecting']);
  void wire.signaling.command('chat.send', { body: 'into the dark' }).catch(() => undefined);
  t.equal(wire.sentOf('chat.send').length, 1, 'the old socket may carry it yet');
  wire.advance(1_000);
  wire.receive({ t: 'pong', d: { ts: 1 } });
  t.same(wire.states, ['online', 'reconnecting', 'online']);
  t.equal(wire.opened, 1);
  t.end();
});

t.test('after 3.5 s of silence another socket resumes; the loss is told once', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  wire.advance(3_499);
  t.equal(wire.opened, 1);
  wire.advance(1 + 500);
  t.equal(wire.opened, 2, 'after the usual delay');
  t.match(wire.lastSent(), { t: 'hello', d: { resume: { token: 'resume-1' }, heartbeat_ms: 850 } });
  wire.advance(9_000);
  t.equal(wire.opened, 2, 'an opening is given its time');
  wire.joined({ seq: 1, resumed: true });
  t.same(wire.states, ['online', 'reconnecting', 'online']);
  t.end();
});

t.test('the browser says that the network is gone: shown at once', (t) => {
  const wire = new FakeWire();
  wire.signaling.doubt();
  t.same(wire.states, [], 'nothing was there yet');
  wire.joined({ seq: 1 });
  wire.signaling.doubt();
  wire.signaling.doubt();
  t.same(wire.states, ['online', 'reconnecting']);
  wire.signaling.retryNow();
  t.equal(
    wire.opened,
    2,
    'it is back: another socket at once, the old one may be of the old network',
  );
  wire.advance(0);
  wire.joined({ seq: 1, resumed: true });
  wire.signaling.doubt();
  wire.receive({ t: 'pong', d: { ts: 1 } });
  t.same(wire.states.slice(3), ['reconnecting', 'online'], 'unless something comes after all');
  t.end();
});

t.test('a page that stood still itself blames nobody', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  wire.timers.stall(5_000);
  wire.advance(0);
  t.same(wire.states, ['online']);
  wire.receive({ t: 'pong', d: { ts: 1 } });
  wire.advance(1_000);
  t.same(wire.states, ['online'], 'what came meanwhile is read after the timer');
  wire.receive({ t: 'pong', d: { ts: 1 } });
  wire.timers.stall(5_000);
  wire.advance(250);
  t.same(wire.states, ['online', 'reconnecting'], 'nothing came');
  t.end();
});

t.test('a page that is hidden takes its promise back, and renews it when it is seen', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  wire.signaling.setWatchful(false);
  t.match(wire.lastSent(), { t: 'ping', d: { heartbeat_ms: null } });
  wire.advance(9_000);
  t.same(wire.states, ['online']);
  wire.signaling.setWatchful(true);
  t.match(wire.lastSent(), { t: 'ping', d: { heartbeat_ms: 850 } });
  wire.advance(1_749);
  t.same(wire.states, ['online'], 'silence counts from here on');
  wire.advance(1);
  t.same(wire.states, ['online', 'reconnecting']);
  t.end();
});

t.test('who waits in the lobby sees a loss too, and waits on after it', (t) => {
  const wire = new FakeWire();
  const since = '2026-11-27T10:00:00.000Z';
  wire.receive({ t: 'lobby.waiting', re: 'id-1', seq: 1, d: { since, resume_token: 'w' } });
  wire.advance(1_750);
  wire.receive({ t: 'pong', d: { ts: 1 } });
  t.same(wire.states, ['waiting', 'reconnecting', 'waiting']);
  t.end();
});

for (const [code, reason] of [
  [4401, 'seat_lost'],
  [4403, 'removed'],
  [4409, 'replaced'],
  [4410, 'meeting_ended'],
] as const) {
  t.test(`after close ${code} it does not come back`, async (t) => {
    const wire = new FakeWire();
    wire.joined({ seq: 1 });
    const waiting = wire.signaling.command('chat.send', { body: 'x' });
    const rejected = t.rejects(waiting, { code: 'abandoned' });
    wire.lose(code);
    wire.advance(200_000);
    t.equal(wire.opened, 1);
    t.same(wire.states, ['online', `ended: ${reason}`]);
    await rejected;
  });
}

for (const [code, close] of [
  ['meeting_locked', 4401],
  ['blocked', 4401],
  ['login_required', 4401],
  ['version', 4400],
] as const) {
  t.test(`a hello refused with ${code} ends it, and says why`, (t) => {
    const wire = new FakeWire();
    wire.receive({ t: 'error', re: 'id-1', d: { code, detail: '', fatal: true } });
    wire.lose(close);
    wire.advance(200_000);
    t.equal(wire.opened, 1);
    t.same(wire.states, [`ended: refused, ${code}`]);
    t.end();
  });
}

t.test('a page that says what no server understands does not come back', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  wire.lose(4400);
  wire.advance(200_000);
  t.same(wire.states, ['online', 'ended: refused, bad_message']);
  t.end();
});

t.test('a resume that comes too late is a lost seat, whatever was refused before', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  const refusal = (code: string) => ({ t: 'error', d: { code, detail: '', fatal: true } });
  wire.receive(refusal('rate_limited'));
  wire.lose(4429);
  wire.advance(1_000);
  wire.receive({ ...refusal('unauthenticated'), re: 'id-2' });
  wire.lose(4401);
  t.same(wire.states, ['online', 'reconnecting', 'ended: seat_lost']);
  t.end();
});

t.test('tries for 90 s after the loss, then the seat is gone', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  wire.lose();
  wire.refuseSockets = true;
  wire.advance(80_000);
  t.same(wire.states, ['online', 'reconnecting']);
  t.ok(wire.opened > 10, `${wire.opened} tries`);
  wire.advance(11_000);
  t.same(wire.states, ['online', 'reconnecting', 'ended: seat_lost']);
  t.end();
});

t.test('a server that goes away says when to come back', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  const goaway = { reason: 'drain', reconnect_after_ms: 5_000, signaling: [] };
  wire.receive({ t: 'goaway', d: goaway });
  wire.lose(4503);
  wire.advance(4_999);
  t.equal(wire.opened, 1);
  wire.advance(1);
  t.equal(wire.opened, 2);
  t.end();
});

t.test('the browser says that the network is back: no more waiting', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  wire.lose();
  wire.signaling.retryNow();
  t.equal(wire.opened, 2);
  wire.advance(9_000);
  t.equal(wire.opened, 2, 'the cancelled retry does not open another');
  t.end();
});

t.test('leaving says bye and ends at once', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  wire.signaling.leave();
  t.match(wire.lastSent(), { t: 'bye' });
  t.same(wire.states, ['online', 'ended: left']);
  t.end();
});

t.test('what is not a message is passed over', (t) => {
  const wire = new FakeWire();
  wire.joined({ seq: 1 });
  for (const text of ['', '{', 'null', '[]', '{"t":1,"d":{}}', '{"t":"ok"}'])
    wire.receiveText(text);
  t.same(wire.messages, []);
  t.same(wire.states, ['online']);
  t.end();
});
