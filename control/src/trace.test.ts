import t from 'tap';
import { childOf, traceFrom, traceparentOf } from './trace.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';

t.test('a valid traceparent is gone on with', async (t) => {
  for (const header of [
    `00-${traceId}-${parent}-01`,
    ` 00-${traceId}-${parent}-01 `,
    `cc-${traceId}-${parent}-03-what a later version says`,
  ]) {
    const trace = traceFrom(header);
    t.match(trace, { traceId, isSampled: true, spanId: /^[0-9a-f]{16}$/ }, header);
    t.not(trace.spanId, parent, 'a span of its own');
    t.equal(traceparentOf(trace), `00-${traceId}-${trace.spanId}-01`);
  }
  t.equal(traceFrom(`00-${traceId}-${parent}-00`).isSampled, false);
});

t.test('whatever is not valid begins another trace', async (t) => {
  const headers = [
    undefined,
    '',
    'nonsense',
    [`00-${traceId}-${parent}-01`],
    `00-${traceId}-${parent}-01-more`,
    `ff-${traceId}-${parent}-01`,
    `00-${'0'.repeat(32)}-${parent}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${parent}-01`,
    `00-${traceId}-${parent}`,
    `0-${traceId}-${parent}-01`,
  ];
  const begun = headers.map(traceFrom);
  for (const { traceId: begunId } of begun) {
    t.match(begunId, /^[0-9a-f]{32}$/);
    t.not(begunId, traceId);
  }
  t.equal(new Set(begun.map((one) => one.traceId)).size, headers.length);
});

t.test('what it causes has the same trace and another span', async (t) => {
  const trace = traceFrom(`00-${traceId}-${parent}-01`);
  const child = childOf(trace);
  t.equal(child.traceId, traceId);
  t.not(child.spanId, trace.spanId);
});
