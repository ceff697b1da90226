import t, { type Test } from 'tap';
import { TestClock } from '../testing/test-clock.js';
import type { DialListener } from './control-contact.js';
import { PeerLink, type PeerState } from './peer-link.js';

const record = { controlId: 'c', fleetAddress: '192.0.2.1:8443', origin: null, region: 'here' };

/** A link, and the other end of what it dials. */
function linked(t: Test, { isSeen }: { isSeen: boolean }) {
  const clock = new TestClock();
  const dialled: DialListener[] = [];
  const states: PeerState[] = [];
  const seen = { now: isSeen };
  const link = new PeerLink(record, {
    clock,
    dial: (_, listener) => dialled.push(listener),
    isLeaving: () => false,
    isSeen: () => seen.now,
    changed: (state) => states.push(state),
  });
  t.teardown(() => link.stop());
  const last = () => dialled.at(-1) as DialListener;
  const open = () => last().opened({ send: () => {}, close: () => last().closed('closed') });
  const { controlId } = record;
  const beat = (isLeaving = false) =>
    last().received(JSON.stringify({ k: 'beat', isLeaving, controlId }));
  /** Second by second, as beats go. */
  const pass = async (seconds: number, heard: boolean) => {
    for (let n = 0; n < seconds; n++) {
      clock.advance(1000);
      if (heard) beat();
      await new Promise(setImmediate);
    }
  };
  return { link, clock, dialled, states, seen, last, open, beat, pass };
}

t.test('it is heard, and leaves', async (t) => {
  const { link, open, beat, pass, states } = linked(t, { isSeen: true });
  open();
  beat();
  t.equal(await link.settled(), 'up');
  await pass(10, true);
  beat(true);
  t.strictSame(states, ['up', 'leaving']);
});

t.test('its machine refuses: its process has ended', async (t) => {
  const { link, open, beat, last, clock, states } = linked(t, { isSeen: true });
  open();
  beat();
  last().closed('closed');
  clock.advance(0);
  last().closed('connect ECONNREFUSED 192.0.2.1:8443');
  t.equal(link.state, 'gone');
  t.strictSame(states, ['up', 'gone'], 'once');
});

t.test(
  'silence: gone when it writes nothing, cut off when it does, until it is heard',
  async (t) => {
    const gone = linked(t, { isSeen: false });
    gone.open();
    gone.beat();
    await gone.pass(4, false);
    t.equal(gone.link.state, 'gone');

    const cut = linked(t, { isSeen: true });
    cut.open();
    cut.beat();
    await cut.pass(4, false);
    t.equal(cut.link.state, 'cut');
    await cut.pass(10, false);
    t.equal(cut.dialled.length, 2, 'dialled again');
    t.equal(cut.link.state, 'cut');
    cut.open();
    cut.beat();
    t.equal(cut.link.state, 'up');
    await cut.pass(4, false);
    cut.seen.now = false;
    await cut.pass(1, false);
    t.equal(cut.link.state, 'gone', 'it ended while it was cut off');
    t.strictSame(cut.states, ['up', 'cut', 'up', 'cut', 'gone']);
  },
);

t.test('this process stood still: that is nobody’s silence', async (t) => {
  const { link, open, beat, clock, states } = linked(t, { isSeen: false });
  open();
  beat();
  // Timers that are late by a minute.
  Object.assign(clock, { elapsed: clock.monotonic() + 60_000 });
  clock.advance(1000);
  await new Promise(setImmediate);
  t.equal(link.state, 'up');
  t.strictSame(states, ['up']);
});
