import t from 'tap';
import { Qualities } from './qualities.js';
import type { Seat } from './seat.js';

/** As much of a seat as is told of qualities. */
function seatOf() {
  const heard: string[][] = [];
  const seat = {
    isConnected: true,
    isSlow: false,
    knowsQualities: false,
    heard,
    whisper({ json }: { json: string }) {
      if (seat.isSlow) return false;
      const { items } = JSON.parse(json) as { items: { participant_id: string; score: number }[] };
      heard.push(items.map(({ participant_id, score }) => `${participant_id}${score}`));
      return true;
    },
  };
  return seat;
}

const item = (participant_id: string, score = 5, change = {}) => ({
  ...{ participant_id, score, uplink_loss: 0, downlink_loss: 0, rtt_ms: 40 },
  ...change,
});

const node = {};

function roomOf(...seats: ReturnType<typeof seatOf>[]) {
  const qualities = new Qualities();
  const tell = (...items: ReturnType<typeof item>[]) =>
    qualities.tell(node, items, seats as unknown as Seat[]);
  return { seats, tell };
}

t.test('all at first, then news only', async (t) => {
  const ada = seatOf();
  const { seats, tell } = roomOf(ada);
  tell(item('a'), item('b'));
  tell(item('a'), item('b'));
  tell(item('a'), item('b', 3));
  const late = seatOf();
  seats.push(late);
  tell(item('a'), item('b', 3), item('c'));
  tell(item('a', 4), item('c'));
  t.strictSame(ada.heard, [['a5', 'b5'], ['b3'], ['c5'], ['a4']]);
  t.strictSame(late.heard, [['a5', 'b3', 'c5'], ['a4']]);
});

t.test('what nobody would notice is no news, until it adds up', async (t) => {
  const ada = seatOf();
  const { tell } = roomOf(ada);
  tell(item('a'));
  tell(item('a', 5, { uplink_loss: 0.004, rtt_ms: 50 }));
  t.equal(ada.heard.length, 1);
  tell(item('a', 5, { uplink_loss: 0.01 }));
  tell(item('a', 5, { uplink_loss: 0.01, downlink_loss: 0.3 }));
  tell(item('a', 5, { uplink_loss: 0.01, downlink_loss: 0.3, rtt_ms: 51 }));
  t.equal(ada.heard.length, 4);
  tell(item('a', 5, { uplink_loss: 0.01, downlink_loss: 0.3, rtt_ms: 61 }));
  t.equal(ada.heard.length, 4, 'a fifth of a round trip');
  tell(item('b', 5, { rtt_ms: 0 }));
  tell(item('b', 5, { rtt_ms: 2 }));
  t.equal(ada.heard.length, 6, 'a round trip that is known now');
});

t.test('whoever was away, began anew or reads slowly is told of all again', async (t) => {
  const ada = seatOf();
  const bob = seatOf();
  const { tell } = roomOf(ada, bob);
  tell(item('a'), item('b'));
  ada.isConnected = false;
  tell(item('a'), item('b', 4));
  ada.isConnected = true;
  ada.knowsQualities = false;
  bob.isSlow = true;
  tell(item('a', 3), item('b', 4));
  bob.isSlow = false;
  tell(item('a', 3), item('b', 4));
  t.strictSame(ada.heard, [
    ['a5', 'b5'],
    ['a3', 'b4'],
  ]);
  t.strictSame(bob.heard, [['a5', 'b5'], ['b4'], ['a3', 'b4']]);
});
