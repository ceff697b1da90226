/** A process ends while a room is recorded, or was: how the next one goes on. */
import t, { type Test } from 'tap';
import { resumeWith, TestClient } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import {
  meetingWith,
  type Rule,
  recordedControl,
  rowOf,
  shown,
} from '../../testing/test-recording.js';
import { eventually } from '../../testing/test-redis.js';

const server = await testServer(t);

async function live(t: Test, rule: Rule, auto = false) {
  const database = await testDatabase(t, server);
  const first = await recordedControl(t, database);
  const { recorder, recorders } = first;
  const { meeting, host } = await meetingWith(first.origin, rule, auto);
  const restarted = async (meanwhile = () => {}) => {
    await first.services.rooms.shutDown();
    meanwhile();
    const { origin } = await testControl(t, database, { keys: first.keys, recorders });
    const client = await new TestClient(origin).opened();
    client.send('hello', resumeWith(host.joined.d.resume_token, 10_000), 'again');
    const joined = await client.type('joined');
    return { origin, client, joined };
  };
  return { database, recorder, recorders, meeting, host, restarted };
}

t.test('what began by itself and was stopped does not begin again', async (t) => {
  const { host, recorder, recorders, restarted } = await live(t, 'inform', true);
  const { recording_id } = await shown(host.client, 'recording');
  await host.client.ask('recording.stop', { recording_id });
  await shown(host.client, 'stopped');
  const { client, joined } = await restarted();
  t.equal(joined.d.snapshot?.recording, null);
  recorders.describe(recorder);
  await client.pinged();
  t.same(client.ofType('recording.state'), []);
  t.match(await client.ask('recording.start', {}), { t: 'ok' }, 'a host may begin another one');
  await shown(client, 'recording');
});

t.test('a pause that waiting for consent hides is kept', async (t) => {
  const { database, host, recorder, restarted } = await live(t, 'all_must_accept');
  await host.client.ask('recording.start', { consent: true });
  const { recording_id } = await shown(host.client, 'recording');
  await host.client.ask('recording.consent', { recording_id, accept: false });
  await shown(host.client, 'waiting_consent');
  await host.client.ask('recording.pause', { recording_id });
  t.match(await rowOf(database, recording_id), { status: 'waiting_consent', is_paused: true });
  const { client, joined } = await restarted();
  t.match(joined.d.snapshot?.recording, { recording_id, state: 'waiting_consent' });
  await client.ask('recording.consent', { recording_id, accept: true });
  await shown(client, 'paused');
  t.equal(recorder.recording?.isPaused, true);
  await client.ask('recording.start', {});
  await shown(client, 'recording');
});

t.test('its recorder was started anew as well: it hears who is there', async (t) => {
  const { host, recorder, recorders, restarted } = await live(t, 'inform');
  await host.client.ask('recording.start', {});
  await shown(host.client, 'recording');
  const { client } = await restarted(() => {
    recorders.lose(recorder);
    recorders.come(recorder);
  });
  await client.pinged();
  const joined = { type: 'joined', participantId: host.id };
  await eventually('it knows of the host', async () =>
    recorder.recording?.facts.some((fact) => isMatch(fact, joined)) ? true : undefined,
  );
});

function isMatch(fact: object, wanted: Record<string, unknown>): boolean {
  return Object.entries(wanted).every(([name, value]) => Object(fact)[name] === value);
}
