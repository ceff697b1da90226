import t from 'tap';
import { Arrivals } from './arrivals.js';
import { lineCounters, pathCounters } from './transport-counters.js';

const none = new Map<string, string>();
const line = (mid: string, count: number) => ({ mid, trackId: undefined, count, enough: 1 });

t.test('what has come is known by its line, what comes by its growth', (t) => {
  const arrivals = new Arrivals();
  const mids = new Map([
    ['0', 'ada'],
    ['1', 'grace'],
  ]);
  arrivals.look([line('0', 0), line('1', 5)], mids, none, 0);
  t.same([arrivals.has('ada'), arrivals.has('grace')], [false, true]);
  t.notOk(arrivals.flows('grace', 0), 'one look tells of no movement');
  arrivals.look([line('0', 0), line('1', 6)], mids, none, 100);
  t.same([arrivals.flows('ada', 100), arrivals.flows('grace', 1_100)], [false, true]);
  t.notOk(arrivals.flows('grace', 1_101), 'it has stopped');
  t.end();
});

t.test('a line that is used again says nothing of who had it before', (t) => {
  const arrivals = new Arrivals();
  arrivals.look([line('0', 7)], new Map([['0', 'ada']]), none, 0);
  const after = new Map([['0', 'grace']]);
  arrivals.look([line('0', 7)], after, none, 100);
  t.same([arrivals.has('ada'), arrivals.has('grace')], [false, false]);
  arrivals.look([line('0', 8)], after, none, 200);
  t.ok(arrivals.has('grace'));
  t.end();
});

t.test('a browser that names no line names the track', (t) => {
  const arrivals = new Arrivals();
  const counter = { mid: undefined, trackId: 'track', count: 3, enough: 3 };
  arrivals.look([counter], none, new Map([['track', 'ada']]), 0);
  t.ok(arrivals.has('ada'));
  t.end();
});

t.test(
  'of a report: pictures that are decoded, packets of sound, and what any path received',
  (t) => {
    const rows = [
      {
        type: 'inbound-rtp',
        id: 'a',
        kind: 'video',
        mid: '0',
        framesDecoded: 3,
        packetsReceived: 9,
      },
      { type: 'inbound-rtp', id: 'b', kind: 'audio', trackIdentifier: 'x', packetsReceived: 4 },
      { type: 'transport', id: 't', packetsReceived: 10, bytesReceived: 1_000 },
      {
        type: 'candidate-pair',
        id: 'p',
        bytesReceived: 500,
        responsesReceived: 2,
        requestsSent: 3,
      },
      { type: 'candidate-pair', id: 'q', requestsSent: 4 },
      { type: 'codec', id: 'c' },
    ];
    const report = { values: () => rows };
    t.same(lineCounters(report), [
      { mid: '0', trackId: undefined, count: 3, enough: 1 },
      { mid: undefined, trackId: 'x', count: 4, enough: 3 },
    ]);
    const { received, requests } = pathCounters(report);
    t.same(
      [...received],
      [
        ['t', 1_010],
        ['p', 502],
        ['q', 0],
      ],
    );
    t.equal(requests, 7);
    t.end();
  },
);
