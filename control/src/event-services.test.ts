/** A meeting, told of by the whole way: without Kafka, with ClickHouse. */
import t from 'tap';
import { ClickHouseStore } from './clickhouse/clickhouse-store.js';
import { testChdb } from './testing/test-clickhouse.js';
import { enter, helloWith, TestClient } from './testing/test-client.js';
import { testControl } from './testing/test-control.js';
import { testDatabase, testServer } from './testing/test-database.js';
import { caller, testAccount } from './testing/test-principals.js';
import { eventually } from './testing/test-redis.js';

const [server, clickhouse] = await Promise.all([testServer(t), testChdb(t)]);

interface Stored {
  id: string;
  event_type: string;
  participant_id: string | null;
  user_id: string | null;
  is_private: number;
  reason: string;
}

t.test('each event of the log is stored, with whose it is and without their words', async (t) => {
  const database = await testDatabase(t, server);
  const control = await testControl(t, database, { config: { events: { url: clickhouse.url } } });
  const { services, origin } = control;
  services.outbox.start();
  await services.eventFlow?.start();
  t.teardown(() => services.eventFlow?.stop());
  const account = await testAccount(control, true);
  const ask = caller(origin, account.cookie);
  const { body: made } = await ask('POST', '/v1/meetings', { title: 'Quarterly secrets' });
  const [hostSecret, participantSecret] = [made.host_invite.url, made.participant_link].map(
    (link: string) => link.split('#k=')[1] as string,
  ) as [string, string];
  const meeting = { ...made, code: made.meeting.code, hostSecret, participantSecret };
  const path = `/v1/meetings/${made.meeting.meeting_id}`;
  const ada = await enter(origin, meeting, { name: 'Ada Lovelace' });
  const grace = await enter(origin, meeting, { name: 'Grace Hopper' });
  await ada.client.ask('chat.send', { body: 'a word to all' });
  await ada.client.ask('chat.send', { body: 'a word to one', to: grace.id });
  await ask('POST', `${path}/end`, {});

  const log = await database.query<{ event_id: string; type: string }>(
    'select event_id, type from events order by seq',
  );
  const store = new ClickHouseStore(clickhouse.address);
  t.teardown(() => store.close());
  const rows = await eventually('all are stored', async () => {
    const all = await store.ask<Stored>(
      `select toString(event_id) as id, event_type, toString(participant_id) as participant_id,
         user_id, is_private, reason from room_events final order by room_seq`,
    );
    return all.length >= log.length ? all : undefined;
  });
  t.strictSame(
    rows.map(({ id, event_type }) => [id, event_type]),
    log.map(({ event_id, type }) => [event_id, type]),
  );
  const messages = rows.filter(({ event_type }) => event_type === 'message.created');
  t.match(messages, [
    { participant_id: ada.id, is_private: 0 },
    { participant_id: null, is_private: 1 },
  ]);
  t.match(rows.at(-1), { event_type: 'meeting.ended', reason: 'ended' });
  t.notMatch(JSON.stringify(await store.ask('select * from room_events')), /Ada|Grace|word|secret/);
  t.match(await services.metrics.registry.metrics(), /^plenum_sink_lag_events 0$/m);
  const report = await ask('GET', '/v1/reports/messages');
  t.match(report.body.items, [{ figures: { to_all: 1, private: 1 } }]);
  t.strictSame(await database.query('select * from event_queue'), []);
});

t.test('an event names the account whose seat it was', async (t) => {
  const database = await testDatabase(t, server);
  const control = await testControl(t, database, { config: { events: { url: clickhouse.url } } });
  const account = await testAccount(control);
  const ask = caller(control.origin, account.cookie);
  const { body: made } = await ask('POST', '/v1/meetings', {});
  const { body: seat } = await ask('POST', `/v1/meetings/${made.meeting.meeting_id}/join`, {});
  const client = await new TestClient(control.origin).opened();
  client.send('hello', helloWith(seat.join_token), 'hello');
  await client.type('joined');
  control.services.outbox.start();
  await control.services.outbox.settled();
  const bodies = await database.query<{ body: string }>('select body from event_queue');
  const join = bodies
    .map(({ body }) => JSON.parse(body))
    .find(({ type }) => type === 'participant.joined');
  t.equal(join?.user_id, account.userId);
  t.equal(join?.participant_id, seat.participant_id);
});
