import fc from 'fast-check';
import t from 'tap';
import { seedOf } from '../testing/seed.js';
import { anEvent } from '../testing/test-events.js';
import { factsOf, maxEventBytes, Poison, readEvent, writeEvent } from './event-message.js';

const cases = 1000;

function reasonOf(value: string | Buffer | null): string {
  try {
    readEvent(typeof value === 'string' ? Buffer.from(value) : value);
    return 'none';
  } catch (error) {
    if (error instanceof Poison) return error.reason;
    throw error;
  }
}

t.test('what was written is read', async (t) => {
  for (const event of [anEvent(), anEvent({ participantId: null, facts: { lobby: true } })]) {
    t.strictSame(readEvent(Buffer.from(writeEvent(event))), event);
  }
  const later = JSON.stringify({ ...JSON.parse(writeEvent(anEvent())), grown: 1 });
  t.equal(reasonOf(later), 'none', 'a version may grow fields');
});

t.test('what is no event has a reason', async (t) => {
  const changed = (change: object) =>
    JSON.stringify({ ...JSON.parse(writeEvent(anEvent())), ...change });
  t.equal(reasonOf(null), 'empty');
  t.equal(reasonOf(''), 'empty');
  t.equal(reasonOf('x'.repeat(maxEventBytes + 1)), 'too_large');
  t.equal(reasonOf(Buffer.from([0xff, 0x00])), 'not_json');
  t.equal(reasonOf('null'), 'malformed');
  t.equal(reasonOf('{}'), 'unknown_version');
  t.equal(reasonOf(changed({ v: 2 })), 'unknown_version');
  for (const change of [
    { event_id: '6ba7b810-9dad-11d1-80b4-00c04fd430c8' },
    { meeting_id: null },
    { participant_id: 7 },
    { type: '' },
    { type: 'x'.repeat(65) },
    { room_seq: 1.5 },
    { at: 'yesterday' },
    { at: '2100-01-01T00:00:00Z' },
    { facts: null },
    { facts: { lobby: 'yes' } },
    { facts: { reason: 'x'.repeat(65) } },
  ]) {
    t.equal(reasonOf(changed(change)), 'malformed', JSON.stringify(change));
  }
});

t.test('whatever comes is an event or has a reason', async (t) => {
  const seed = seedOf(t);
  const event = JSON.parse(writeEvent(anEvent())) as Record<string, unknown>;
  const bytes = fc.uint8Array({ maxLength: 300 }).map((some) => Buffer.from(some));
  const fields = fc.constantFrom(...Object.keys(event));
  const odd = fc
    .tuple(fields, fc.jsonValue())
    .map(([field, value]) => Buffer.from(JSON.stringify({ ...event, [field]: value })));
  fc.assert(
    fc.property(fc.oneof(bytes, odd), (value) => typeof reasonOf(value) === 'string'),
    { seed, numRuns: cases },
  );
  t.pass();
});

t.test('of a payload only what is named goes out', async (t) => {
  t.strictSame(
    factsOf({
      ...{ reason: 'left', role: 'host', kind: 'whip', source: 'camera', lobby: true },
      ...{ is_private: true, name: 'Ada', message_id: 'x', title: 'Secret', by: 'x' },
    }),
    {
      ...{ reason: 'left', role: 'host', kind: 'whip', source: 'camera' },
      ...{ lobby: true, is_private: true },
    },
  );
  t.strictSame(factsOf({ reason: 7, role: 'x'.repeat(65), lobby: 'yes', is_private: false }), {});
});
