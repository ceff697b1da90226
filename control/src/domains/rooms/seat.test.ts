import t from 'tap';
import { TestClock } from '../../testing/test-clock.js';
import { defaultPolicy } from '../meetings/service.js';
import { grantsOf } from './grants.js';
import { type Outlet, Seat, write } from './seat.js';

class FakeOutlet implements Outlet {
  readonly sent: { t: string; seq?: number; re?: string }[] = [];
  unsentBytes = 0;
  closedFor: string | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(reason: string): void {
    this.closedFor = reason;
  }
  seated(): void {}
}

const mebibyte = 1024 * 1024;
const speakers = write('speakers', { items: [], dominant: null });
const removed = write('publication.removed', { publication_id: 'p', reason: 'left' });
const offer = write('subscribe.offer', { epoch: 1, rev: 1, sdp: '', map: [] });
const joined = { resumed: false } as never;

function arrive() {
  const participant = {
    id: 'ada',
    name: 'Ada',
    role: 'participant',
    state: 'joined',
    joined_at: '2026-01-01T00:00:00.000Z',
    can_unmute: true,
  } as const;
  const seat = new Seat(
    { ...participant },
    grantsOf('participant', defaultPolicy),
    { userId: null, inviteId: null, deviceHash: null, ingestKeyId: null },
    new TestClock(),
  );
  const outlet = new FakeOutlet();
  seat.attach(outlet);
  seat.issue('token');
  return { seat, outlet };
}

t.test('what comes before joined is held back, in order', async (t) => {
  const { seat, outlet } = arrive();
  seat.tell(offer);
  seat.emit(removed);
  seat.whisper(speakers);
  t.strictSame(outlet.sent, []);
  seat.welcome('hello', joined);
  t.match(outlet.sent, [
    { t: 'joined', re: 'hello', seq: 1 },
    { t: 'subscribe.offer' },
    { t: 'publication.removed', seq: 2 },
  ]);
});

t.test('whoever resumes and gets a snapshot hears nothing before it', async (t) => {
  const { seat } = arrive();
  seat.welcome('hello', joined);
  t.ok(seat.canReplay('token', 1));
  seat.startAnew();
  t.notOk(seat.canReplay('token', 1));
  const outlet = new FakeOutlet();
  seat.attach(outlet);
  seat.tell(offer);
  t.strictSame(outlet.sent, []);
  seat.welcome('again', joined);
  t.match(outlet.sent, [{ t: 'joined', re: 'again', seq: 2 }, { t: 'subscribe.offer' }]);
});

t.test('after each joined it has to be told of all connections', async (t) => {
  const { seat } = arrive();
  seat.welcome('hello', joined);
  seat.knowsQualities = true;
  seat.replay('hello', joined, 1);
  t.notOk(seat.knowsQualities);
  seat.knowsQualities = true;
  seat.welcome('hello', joined);
  t.notOk(seat.knowsQualities);
});

t.test('a slow reader loses what is ephemeral, then the socket, then the replay', async (t) => {
  const { seat, outlet } = arrive();
  seat.welcome('hello', joined);
  outlet.unsentBytes = mebibyte + 1;
  t.notOk(seat.whisper(speakers));
  seat.emit(removed);
  t.strictSame(
    outlet.sent.map((message) => message.t),
    ['joined', 'publication.removed'],
  );
  t.ok(seat.canReplay('token', 2));
  outlet.unsentBytes = 4 * mebibyte + 1;
  seat.emit(removed);
  t.equal(outlet.closedFor, 'slow_reader');
  t.notOk(seat.canReplay('token', 2));
});

t.test('a resume sends what came after the last number, and nothing twice', async (t) => {
  const { seat } = arrive();
  seat.welcome('hello', joined);
  for (let count = 0; count < 5; count++) seat.emit(removed);
  seat.acknowledge(3);
  t.notOk(seat.canReplay('token', 2), 'it was acknowledged, and is gone');
  t.notOk(seat.canReplay('token', 7), 'there never was such a number');
  t.ok(seat.canReplay('token', 6), 'nothing is missed');
  const outlet = new FakeOutlet();
  seat.attach(outlet);
  seat.replay('again', joined, 4);
  t.match(outlet.sent, [
    { t: 'joined', re: 'again', seq: 4 },
    { t: 'publication.removed', seq: 5 },
    { t: 'publication.removed', seq: 6 },
  ]);
});

t.test('a number counts with a token that went out with numbers of this seat', async (t) => {
  const { seat } = arrive();
  seat.welcome('hello', joined);
  seat.issue('second', 'token');
  t.ok(seat.canReplay('token', 1), 'the answer may have been lost');
  t.ok(seat.canReplay('second', 1));
  seat.issue('third', 'token');
  t.notOk(seat.canReplay('second', 1), 'replaced');
  seat.issue('fourth', 'of another process');
  t.notOk(seat.canReplay('of another process', 1));
  t.ok(seat.canReplay('fourth', 1));
  t.strictSame(seat.resumeHashes, ['fourth', 'of another process'], 'both are good for the seat');
});

t.test('a newer socket closes the older one', async (t) => {
  const { seat, outlet } = arrive();
  seat.attach(outlet);
  t.equal(outlet.closedFor, null);
  seat.attach(new FakeOutlet());
  t.equal(outlet.closedFor, 'replaced');
  t.notOk(seat.isAttachedTo(outlet));
});
