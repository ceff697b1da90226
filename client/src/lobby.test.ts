import t from 'tap';
import { FakeWire } from './testing/fake-wire.js';

const since = '2026-11-27T10:00:00.000Z';

function waiting(seq: number, more: Record<string, unknown> = {}) {
  return { t: 'lobby.waiting', seq, d: { since, ...more } };
}

t.test('waits, hears the news, and is let in', (t) => {
  const wire = new FakeWire();
  wire.receive({ ...waiting(1, { resume_token: 'wait-1', position: 2 }), re: 'id-1' });
  wire.receive(waiting(2, { position: 1, message: 'Soon' }));
  t.same(
    wire.waits.map(({ position }) => position),
    [2, 1],
  );
  wire.joined({ seq: 3 });
  t.same(wire.states, ['waiting', 'online']);
  wire.receive({ t: 'participant.left', seq: 4, d: { id: 'a', reason: 'left' } });
  t.equal(wire.messages.length, 1, 'the numbering goes on from the seat');
  t.end();
});

t.test('a lost socket keeps the place: it is resumed by the token of the last hello', (t) => {
  const wire = new FakeWire();
  wire.receive({ ...waiting(1, { resume_token: 'wait-1' }), re: 'id-1' });
  wire.receive(waiting(2, { position: 1 }));
  wire.lose();
  wire.advance(1_000);
  t.match(wire.lastSent(), { t: 'hello', d: { resume: { token: 'wait-1' } } });
  wire.receive({ ...waiting(3, { resume_token: 'wait-2' }), re: 'id-2' });
  t.same(wire.states, ['waiting', 'reconnecting', 'waiting']);
  wire.lose();
  wire.advance(1_000);
  t.match(wire.lastSent(), { t: 'hello', d: { resume: { token: 'wait-2' } } });
  t.end();
});

t.test('who waits answers pings and may go', (t) => {
  const wire = new FakeWire();
  wire.receive({ ...waiting(1, { resume_token: 'wait-1' }), re: 'id-1' });
  wire.receive({ t: 'ping', d: { ts: 7 } });
  t.match(wire.lastSent(), { t: 'pong', d: { ts: 7 } });
  wire.signaling.leave();
  t.match(wire.lastSent(), { t: 'bye' });
  t.equal(wire.states.at(-1), 'ended: left');
  t.end();
});

t.test('sent away from the lobby is not the same as removed from the room', (t) => {
  const denied = new FakeWire();
  denied.receive({ ...waiting(1, { resume_token: 'wait-1' }), re: 'id-1' });
  denied.receive({ t: 'error', d: { code: 'join_refused', detail: '', fatal: true } });
  denied.lose(4403);
  t.equal(denied.states.at(-1), 'ended: denied');
  const removed = new FakeWire();
  removed.receive({ ...waiting(1, { resume_token: 'wait-1' }), re: 'id-1' });
  removed.joined({ seq: 2 });
  removed.lose(4403);
  t.equal(removed.states.at(-1), 'ended: removed');
  t.end();
});
