import t from 'tap';
import { TestClock } from '../../testing/test-clock.js';
import { Heartbeats } from './heartbeats.js';
import { Liveness } from './liveness.js';

/** Counts its timers, since one has to be enough for all sockets. */
class CountingClock extends TestClock {
  timers = 0;
  override after(delayMs: number, task: () => void): () => void {
    this.timers += 1;
    return super.after(delayMs, task);
  }
}

function socketOn(clock: TestClock, heartbeats: Heartbeats) {
  const told: string[] = [];
  const tell = (what: string) => () => void told.push(`${what} ${clock.monotonic()}`);
  const liveness = new Liveness(clock, heartbeats, {
    ping: () => {},
    quiet: tell('quiet'),
    back: tell('back'),
    dead: tell('dead'),
  });
  return { liveness, told };
}

function promised(heartbeatMs: number | null) {
  const clock = new TestClock();
  const socket = socketOn(clock, new Heartbeats(clock));
  socket.liveness.promise(heartbeatMs);
  socket.liveness.watch();
  return { clock, ...socket };
}

t.test('two promised heartbeats missed are a loss, and anything that comes its end', async (t) => {
  const { clock, liveness, told } = promised(750);
  clock.advance(1_000);
  liveness.hear();
  clock.advance(1_400);
  t.strictSame(told, []);
  clock.advance(600);
  t.strictSame(told, ['quiet 2500']);
  liveness.hear();
  t.strictSame(told, ['quiet 2500', 'back 3000']);
  clock.advance(1_500);
  t.strictSame(told.slice(2), ['quiet 4500'], 'the next silence counts anew');
});

for (const heartbeatMs of [500, 750, 1_000, 4_000]) {
  t.test(`a heartbeat of ${heartbeatMs} ms is seen missing in time`, async (t) => {
    for (const phase of [0, 1, 100, 249]) {
      const { clock, liveness, told } = promised(heartbeatMs);
      clock.advance(phase);
      liveness.hear();
      clock.advance(2 * heartbeatMs - 1);
      t.strictSame(told, [], `not too early (${phase})`);
      clock.advance(100);
      t.equal(told.length, 1, `within a tenth of a second (${phase})`);
    }
  });
}

t.test('without a promise, or once it is taken back, only 10 s of silence count', async (t) => {
  const none = promised(null);
  none.clock.advance(9_999);
  t.strictSame(none.told, []);
  none.clock.advance(1);
  t.strictSame(none.told, ['dead 10000']);
  const withdrawn = promised(750);
  withdrawn.liveness.promise(null);
  withdrawn.clock.advance(10_000);
  t.strictSame(withdrawn.told, ['dead 10000']);
});

t.test('a promise from before the answer to hello counts from there on', async (t) => {
  const clock = new TestClock();
  const { liveness, told } = socketOn(clock, new Heartbeats(clock));
  liveness.promise(750);
  clock.advance(5_000);
  t.strictSame(told, []);
  liveness.watch();
  clock.advance(100);
  t.strictSame(told, ['quiet 5100']);
});

t.test('one timer looks at all sockets, and none when nobody promised', async (t) => {
  const clock = new CountingClock();
  const heartbeats = new Heartbeats(clock);
  const sockets = Array.from({ length: 100 }, () => socketOn(clock, heartbeats));
  for (const { liveness } of sockets) {
    liveness.watch();
    liveness.promise(750);
  }
  const before = clock.timers;
  clock.advance(1_000);
  t.equal(clock.timers - before, 10, 'ten looks a second');
  for (const { liveness } of sockets) liveness.stop();
  clock.advance(250);
  const after = clock.timers;
  clock.advance(60_000);
  t.equal(clock.timers, after);
  t.ok(sockets.every(({ told }) => told.length === 0));
});
