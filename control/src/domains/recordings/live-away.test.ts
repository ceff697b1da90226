/** The database is away: what is recorded goes on; hosts and people are heard; nothing new begins. */
import t, { type Test } from 'tap';
import { enter } from '../../testing/test-client.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import {
  answersAre,
  eventsAre,
  meetingWith,
  type Rule,
  recordedControl,
  rowOf,
  shown,
} from '../../testing/test-recording.js';
import { eventually } from '../../testing/test-redis.js';
import { testWay } from '../../testing/test-way.js';

const server = await testServer(t);

async function live(t: Test, rule: Rule) {
  const direct = await testDatabase(t, server);
  const way = await testWay(t, server, direct);
  const control = await recordedControl(t, way.open());
  const gathered = await meetingWith(control.origin, rule);
  const back = async () => {
    await way.mend();
    await eventually('all is written', async () => control.keep.size === 0 || undefined);
  };
  return { ...control, ...gathered, direct, way, back };
}

t.test('pause, an answer and the end are kept, and written when it is back', async (t) => {
  const { origin, direct, way, back, host, meeting, recorder } = await live(t, 'ask_each');
  const guest = await enter(origin, meeting, { name: 'Guest' });
  await host.client.ask('recording.start', { consent: true });
  const { recording_id } = await shown(host.client, 'recording');
  await guest.client.type('recording.consent_request');
  await way.break();
  const pause = { recording_id };
  t.match(await host.client.ask('recording.pause', pause), { t: 'ok' });
  t.match(await host.client.ask('recording.start', {}), { t: 'ok' });
  const yes = { recording_id, accept: true };
  t.match(await guest.client.ask('recording.consent', yes), { t: 'ok' });
  await eventually(
    'the guest is recorded',
    async () => recorder.recording?.allowed?.includes(guest.id) || undefined,
  );
  t.match(await host.client.ask('recording.stop', { recording_id }), { t: 'ok' });
  await shown(guest.client, 'stopped');
  const anew = await host.client.ask('recording.start', {});
  t.match(anew, { d: { code: 'dependency_down' } });
  await back();
  t.match(await rowOf(direct, recording_id), { status: 'processing', reason: null });
  await answersAre(t, { database: direct, recordingId: recording_id }, { Guest: true, Host: true });
  await eventsAre(t, { database: direct, meetingId: meeting.meeting.meeting_id }, [
    ...['consent.given', 'recording.started', 'recording.paused', 'recording.started'],
    ...['consent.given', 'recording.stopped'],
  ]);
});

t.test('a recorder that comes back goes on without it', async (t) => {
  const { way, back, host, recorder, recorders, direct } = await live(t, 'inform');
  await host.client.ask('recording.start', {});
  const { recording_id } = await shown(host.client, 'recording');
  await way.break();
  await host.client.ask('recording.pause', { recording_id });
  await host.client.ask('recording.start', {});
  recorders.lose(recorder);
  await shown(host.client, 'degraded');
  recorders.come(recorder);
  await shown(host.client, 'recording');
  t.match(recorder.recording, { order: { take: 1 } });
  await back();
  t.match(await rowOf(direct, recording_id), { take: 1 });
});
