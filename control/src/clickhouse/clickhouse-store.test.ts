/** The store on both servers there are: Debian's old one over the wire, today's engine for its tokens. */
import t from 'tap';
import { testChdb, testClickHouse } from '../testing/test-clickhouse.js';
import { anEvent, eventsOf } from '../testing/test-events.js';
import { ClickHouseStore, statementsFor } from './clickhouse-store.js';

for (const [name, start] of [
  ['18.16', testClickHouse],
  ['today', testChdb],
] as const) {
  t.test(`${name}: rows come back as the events were, twice inserted they are one`, async (t) => {
    const server = await start(t);
    const store = new ClickHouseStore(server.address);
    t.teardown(() => store.close());
    await store.ping();
    const event = anEvent({
      userId: anEvent().eventId,
      facts: { reason: 'timeout', role: 'host', kind: 'whip', lobby: true, is_private: true },
    });
    const other = anEvent({ at: Date.UTC(2026, 0, 16), participantId: null, facts: {} });
    await store.insert([event, other], 'a');
    // Another token: as when the same events came into the queue a second time.
    await store.insert([event, other], 'b');
    const rows = await store.ask('select * from room_events final order by at_ms');
    t.match(rows, [
      {
        event_id: event.eventId,
        event_type: event.type,
        event_date: '2026-01-15',
        meeting_id: event.meetingId,
        room_id: event.roomId,
        participant_id: event.participantId,
        user_id: event.userId,
        reason: 'timeout',
        role: 'host',
        kind: 'whip',
        source: '',
        is_lobby: 1,
        is_private: 1,
      },
      { event_id: other.eventId, event_date: '2026-01-16', participant_id: null, is_lobby: 0 },
    ]);
    t.equal(rows.length, 2);
    // Anybody may find the tables there.
    const second = new ClickHouseStore(server.address);
    t.equal((await second.ask('select * from room_events final')).length, 2);
    await second.close();
  });

  t.test(`${name}: a server that is away, and a login that is none, are refusals`, async (t) => {
    const server = await start(t);
    const stranger = new ClickHouseStore({ ...server.address, password: 'wrong' });
    await t.rejects(stranger.insert([anEvent()], 'x'));
    const store = new ClickHouseStore(server.address);
    t.teardown(() => Promise.all([store.close(), stranger.close()]));
    await server.kill();
    await t.rejects(store.ping());
    await t.rejects(store.insert([anEvent()], 'x'));
    await server.restart();
    await store.insert([anEvent()], 'x');
    t.equal((await store.ask('select 1 from room_events')).length, 1, 'it goes on by itself');
  });
}

t.test(
  'today: a block that comes again with its token leaves no second row, on any day',
  async (t) => {
    const server = await testChdb(t);
    const store = new ClickHouseStore(server.address);
    t.teardown(() => store.close());
    const events = eventsOf(3, 1000);
    for (const event of events) event.at += event.roomSeq % 2 === 0 ? 86_400_000 : 0;
    await store.insert(events, 'a');
    await store.insert(events, 'a');
    const count = 'select toUInt32(count()) as rows from room_events';
    t.strictSame(await store.ask(count), [{ rows: 3000 }]);
    await store.insert(events, 'b');
    t.strictSame(await store.ask(count), [{ rows: 6000 }], 'that is what the token is for');
    t.strictSame(await store.ask(`${count} final`), [{ rows: 3000 }]);
  },
);

t.test('today: the tables of a cluster are said in words that it understands', async (t) => {
  const server = await testChdb(t);
  const store = new ClickHouseStore(server.address);
  t.teardown(() => store.close());
  const statements = statementsFor('main', true);
  t.match(statements, [/on cluster 'main'[\s\S]*Replicated/, /Distributed\('main'/]);
  t.equal(statements.length, 2);
  for (const statement of statements) {
    const text = statement.replace(/['\\]/g, '\\$&');
    t.ok((await store.ask(`select formatQuery('${text}') as text`)).length > 0);
  }
  await t.rejects(store.ask("select formatQuery('create tabel x')"), 'it does look');
  const columnsOf = (text = '') => text.slice(text.indexOf('('), text.indexOf('engine'));
  t.equal(columnsOf(statements[0]), columnsOf(statementsFor(null, true)[0]), 'the same columns');
});
