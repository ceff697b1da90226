/** A room is recorded: who begins it, what everybody is shown, what is written, what recorders are told. */
import t from 'tap';
import { NodeError } from '../../nodes/node-client.js';
import { createMeeting, enter, post } from '../../testing/test-client.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import type { TestRecorder } from '../../testing/test-recorders.js';
import {
  anotherRecorder,
  answersAre,
  eventsAre,
  eventTypes,
  meetingWith,
  recordedControl,
  rowOf,
  shown,
} from '../../testing/test-recording.js';
import { eventually } from '../../testing/test-redis.js';

const server = await testServer(t);

t.test('a host begins, pauses, goes on and stops; everybody sees it', async (t) => {
  const { database, origin, recorder } = await recordedControl(t, await testDatabase(t, server));
  const { meeting, host } = await meetingWith(origin);
  const guest = await enter(origin, meeting, { name: 'Guest' });
  t.match(await guest.client.ask('recording.start', {}), { d: { code: 'role_required' } });
  t.match(await host.client.ask('recording.start', {}), { t: 'ok' });
  const { recording_id } = await shown(guest.client, 'recording');
  t.same(
    guest.client.ofType('recording.state').map(({ d }) => d.state),
    ['starting', 'recording'],
  );
  t.match(await host.client.ask('recording.start', {}), { d: { code: 'already_done' } });
  const held = recorder.recording;
  t.match(held, { order: { take: 1, consent: 'inform', allowed: null, isPaused: false } });
  await eventually('it is written', async () => {
    const { status, take, recorder_id } = (await rowOf(database, recording_id)) ?? {};
    const isWritten = status === 'recording' && take === 1 && recorder_id === recorder.recorderId;
    return isWritten || undefined;
  });
  const late = await enter(origin, meeting, { name: 'Late' });
  t.match(late.joined.d.snapshot?.recording, { recording_id, state: 'recording' });
  t.match(await guest.client.ask('recording.pause', { recording_id }), {
    d: { code: 'role_required' },
  });
  t.match(await host.client.ask('recording.pause', { recording_id }), { t: 'ok' });
  await shown(guest.client, 'paused');
  await eventually('it is paused', async () => held?.isPaused || undefined);
  t.match(await host.client.ask('recording.pause', { recording_id }), {
    d: { code: 'already_done' },
  });
  t.match(await host.client.ask('recording.start', {}), { t: 'ok' });
  await shown(guest.client, 'recording');
  await eventually('it goes on', async () => (held?.isPaused === false ? true : undefined));
  t.match(await host.client.ask('recording.stop', { recording_id }), { t: 'ok' });
  t.match(await shown(late.client, 'stopped'), { recording_id });
  await eventually('it is stopped', async () => (held?.stopped === 'stopped' ? true : undefined));
  t.match(await rowOf(database, recording_id), { status: 'processing', reason: null });
  t.match(await host.client.ask('recording.stop', { recording_id }), { d: { code: 'not_found' } });
  await eventsAre(t, { database, meetingId: meeting.meeting.meeting_id }, [
    ...['recording.started', 'recording.paused', 'recording.started', 'recording.stopped'],
  ]);
  await answersAre(
    t,
    { database, recordingId: recording_id },
    { Host: null, Guest: null, Late: null },
  );
  const after = await enter(origin, meeting, { name: 'After' });
  t.equal(after.joined.d.snapshot?.recording, null);
});

t.test('a recorder hears who comes and goes, and what is said to all', async (t) => {
  const { origin, recorder } = await recordedControl(t, await testDatabase(t, server));
  const { meeting, host } = await meetingWith(origin);
  await host.client.ask('recording.start', {});
  await shown(host.client, 'recording');
  const guest = await enter(origin, meeting, { name: 'Guest' });
  await host.client.ask('chat.send', { body: 'to all' });
  await host.client.ask('chat.send', { body: 'in private', to: guest.id });
  await guest.client.ask('bye', {});
  const facts = () => recorder.recording?.facts ?? [];
  await eventually(
    'the leave',
    async () => facts().some(({ type }) => type === 'left') || undefined,
  );
  t.match(
    facts().map((fact) => ({ ...fact })),
    [
      { type: 'node' },
      { type: 'joined', participantId: host.id, name: 'Host' },
      { type: 'speaker', participantId: null },
      { type: 'joined', participantId: guest.id, name: 'Guest' },
      { type: 'chat', participantId: host.id, name: 'Host', body: 'to all' },
      { type: 'left', participantId: guest.id },
    ],
  );
  t.notMatch(JSON.stringify(facts()), /in private/);
});

t.test('no recorder: said at once; one that refuses: another, or it fails', async (t) => {
  const { database, origin, recorder, recorders } = await recordedControl(
    t,
    await testDatabase(t, server),
  );
  const { host, meeting } = await meetingWith(origin);
  recorders.lose(recorder);
  t.match(await host.client.ask('recording.start', {}), { d: { code: 'recording_unavailable' } });
  recorders.come(recorder);
  recorder.refusal = new NodeError('no_capacity', 'as the test wants it');
  t.match(await host.client.ask('recording.start', {}), { t: 'ok' });
  const failed = await shown(host.client, 'failed');
  t.match(failed, { reason: 'no_recorder' });
  await eventually('it is written', async () => {
    const { status, reason } = (await rowOf(database, failed.recording_id)) ?? {};
    return (status === 'failed' && reason === 'no_recorder') || undefined;
  });
  await eventsAre(t, { database, meetingId: meeting.meeting.meeting_id }, ['recording.failed']);
  const other = anotherRecorder();
  recorders.come(other);
  t.match(await host.client.ask('recording.start', {}), { t: 'ok' });
  await shown(host.client, 'recording');
  t.match(other.recording, { order: { take: 2 } });
  recorders.lose(other);
});

/** As a recorder tells of a take that is stored, with one track. */
function stored(recorder: TestRecorder, recordingId: string) {
  const held = recorder.held.get(recordingId);
  if (held === undefined) throw new Error('it has none');
  const fileId = '0190a5d0-0000-7000-8000-0000000000ff';
  const key = `recordings/${recordingId}/${fileId}`;
  const size = { bytes: 1, sha256: '', startMs: 0, endMs: 1 };
  const kind = 'track' as const;
  const files = [{ fileId, key, kind, trackId: 't', contentType: 'audio/ogg', ...size }];
  return {
    type: 'recording' as const,
    status: recorder.statusOf(held, { state: 'stored', files }),
  };
}

t.test('a take that a recorder refused is not waited for', async (t) => {
  const { database, origin, recorder, recorders } = await recordedControl(
    t,
    await testDatabase(t, server),
  );
  const { host } = await meetingWith(origin);
  const other = anotherRecorder();
  recorders.come(other);
  recorder.refusal = new NodeError('no_capacity', 'as the test wants it');
  await host.client.ask('recording.start', {});
  const { recording_id } = await shown(host.client, 'recording');
  t.match(other.recording, { order: { take: 2 } });
  recorders.lose(other, true);
  await shown(host.client, 'degraded');
  const third = anotherRecorder();
  third.refusal = recorder.refusal;
  recorders.come(third);
  await eventually('the third is asked', async () => third.calls[0]);
  await host.client.ask('recording.stop', { recording_id });
  recorders.come(other);
  recorders.say(other, stored(other, recording_id));
  await eventually('it is ready', async () => {
    const row = await rowOf(database, recording_id);
    return row?.status === 'ready' || undefined;
  });
});

t.test('lost: the same recorder goes on with its take, another with the next', async (t) => {
  const { database, origin, recorder, recorders } = await recordedControl(
    t,
    await testDatabase(t, server),
  );
  const { host } = await meetingWith(origin);
  await host.client.ask('recording.start', {});
  const { recording_id } = await shown(host.client, 'recording');
  recorders.lose(recorder);
  t.match(await shown(host.client, 'degraded'), { reason: 'recorder_lost' });
  recorders.come(recorder);
  await shown(host.client, 'recording');
  t.match(recorder.recording, { order: { recordingId: recording_id, take: 1 } });
  const other = anotherRecorder();
  recorders.come(other);
  recorders.lose(recorder, true);
  await eventually('the other has it', async () => other.recording ?? undefined);
  await shown(host.client, 'recording');
  t.match(other.recording, { order: { recordingId: recording_id, take: 2 } });
  t.ok((other.recording?.order.recordedMs ?? 0) > 0, 'it goes on where the first one was');
  t.match(await rowOf(database, recording_id), { take: 2, recorder_id: other.recorderId });
  recorders.come(recorder);
  await eventually('the first one is told to end', async () =>
    recorder.held.get(recording_id)?.stopped === 'over' ? true : undefined,
  );
  t.equal(other.recording?.stopped, null);
  recorders.lose(other);
  await shown(host.client, 'recording');
});

t.test('what a recorder does without is shown, and a full disk is an event', async (t) => {
  const { database, origin, recorder, recorders } = await recordedControl(
    t,
    await testDatabase(t, server),
  );
  const { host, meeting } = await meetingWith(origin);
  await host.client.ask('recording.start', {});
  await shown(host.client, 'recording');
  const held = recorder.recording;
  if (held === undefined) throw new Error('nothing is recorded');
  const say = (trouble: 'disk_low' | 'disk_full' | 'store_down' | null) => {
    const state = trouble === null ? 'recording' : 'degraded';
    const status = recorder.statusOf(held, { trouble, state, recordedMs: 5000 });
    recorders.say(recorder, { type: 'recording', status });
  };
  for (const trouble of ['disk_low', 'disk_full', 'store_down'] as const) {
    say(trouble);
    const isShown = async () =>
      host.client.ofType('recording.state').at(-1)?.d.reason === trouble || undefined;
    await eventually(trouble, isShown);
  }
  say(null);
  await shown(host.client, 'recording');
  const { meeting_id } = meeting.meeting;
  await eventually('the events', async () => {
    const types = await eventTypes(database, meeting_id);
    return types.filter((type) => type === 'disk.low').length === 2 ? true : undefined;
  });
});

t.test('the end of the meeting ends it, in one transaction', async (t) => {
  const { database, origin, recorder } = await recordedControl(t, await testDatabase(t, server));
  const { host, meeting } = await meetingWith(origin);
  await host.client.ask('recording.start', {});
  const { recording_id } = await shown(host.client, 'recording');
  host.client.send('mod.end', {});
  t.equal(await host.client.closed(), 4410);
  t.match(await rowOf(database, recording_id), { status: 'processing' });
  await eventually('it is told', async () =>
    recorder.held.get(recording_id)?.stopped === 'meeting_ended' ? true : undefined,
  );
  await eventsAre(t, { database, meetingId: meeting.meeting.meeting_id }, [
    'recording.started',
    'recording.stopped',
  ]);
});

t.test('by itself: with the first person, once', async (t) => {
  const { origin, recorder, recorders } = await recordedControl(t, await testDatabase(t, server));
  const { host } = await meetingWith(origin, 'inform', true);
  const { recording_id } = await shown(host.client, 'recording');
  await host.client.ask('recording.stop', { recording_id });
  await shown(host.client, 'stopped');
  t.equal(recorder.recording, undefined);
  recorders.lose(recorder);
  const waits = await meetingWith(origin, 'inform', true);
  await waits.host.client.pinged();
  t.equal(waits.host.client.ofType('recording.state').length, 0);
  recorders.come(recorder);
  await shown(waits.host.client, 'recording');
});

t.test('links: each node of the room has one to the recorder', async (t) => {
  const { node, origin, recorder, recorders } = await recordedControl(
    t,
    await testDatabase(t, server),
  );
  const { host } = await meetingWith(origin);
  await host.client.ask('recording.start', {});
  const { recording_id } = await shown(host.client, 'recording');
  const held = recorder.recording;
  await eventually('a link', async () => held?.links.size === 1 || undefined);
  t.equal(node.callsOf('openLink').length, 1);
  const [linkId] = [...(held?.links ?? [])];
  const { room_id: roomId, epoch } = host.joined.d;
  const word = { type: 'demand', publicationId: 'p', demand: {} } as const;
  recorders.say(recorder, { type: 'link_said', roomId, epoch, linkId: `${linkId}`, word });
  await eventually('the word', async () => node.callsOf('hearLink').at(-1) ?? undefined);
  t.match(node.callsOf('hearLink').at(-1), { linkId, word: { publicationId: 'p' } });
  await host.client.ask('recording.stop', { recording_id });
  await eventually(
    'the link ends',
    async () => JSON.stringify(node.callsOf('closeLink')).includes(`${linkId}`) || undefined,
  );
});

t.test('over HTTP: begun once for a key, changed by who may', async (t) => {
  const { origin } = await recordedControl(t, await testDatabase(t, server));
  const { meeting, host } = await meetingWith(origin);
  const url = `${origin}/v1/meetings/${meeting.meeting.meeting_id}/recordings`;
  const { token } = (await host.client.type('token')).d;
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': 'recording-of-a-test' };
  const made = await post(url, {}, headers);
  t.equal(made.status, 201);
  const body = (await made.json()) as { recording_id: string };
  t.match(body, { status: 'starting', files: [], started_at: null });
  const again = await post(url, {}, headers);
  t.same(await again.json(), body);
  await shown(host.client, 'recording');
  const second = await post(url, {}, { authorization: `Bearer ${token}` });
  t.match(await second.json(), { code: 'already_done' });
  const guest = await enter(origin, meeting, { name: 'Guest' });
  const theirs = (await guest.client.type('token')).d.token;
  const refused = await post(url, {}, { authorization: `Bearer ${theirs}` });
  t.match(await refused.json(), { code: 'role_required' });
  const idle = await createMeeting(origin);
  const none = await post(
    `${origin}/v1/meetings/${idle.meeting.meeting_id}/recordings`,
    {},
    headers,
  );
  t.match(await none.json(), { code: 'not_found' });
});

t.test('who saw it before it was paused, or stopped, changes nothing', async (t) => {
  const { origin } = await recordedControl(t, await testDatabase(t, server));
  const { host, meeting } = await meetingWith(origin);
  await host.client.ask('recording.start', {});
  const { recording_id } = await shown(host.client, 'recording');
  const authorization = `Bearer ${meeting.hostSecret}`;
  const url = `${origin}/v1/recordings/${recording_id}`;
  const status = (answer: Response) =>
    answer.json().then((body) => (body as { status: string }).status);
  const tag = await eventually('it is written', async () => {
    const answer = await fetch(url, { headers: { authorization } });
    return (await status(answer)) === 'recording' ? answer.headers.get('etag') : undefined;
  });
  const change = (state: string, seen: string | null) =>
    fetch(url, {
      method: 'PATCH',
      headers: { authorization, 'content-type': 'application/json', 'if-match': seen ?? '' },
      body: JSON.stringify({ state }),
    });
  const paused = await change('paused', tag);
  t.equal(await status(paused), 'paused');
  t.equal((await change('stopped', tag)).status, 412, 'it was paused since');
  const resumed = await change('recording', paused.headers.get('etag'));
  t.equal(resumed.status, 200);
  t.equal((await change('stopped', paused.headers.get('etag'))).status, 412, 'it goes on since');
  const stopped = await change('stopped', resumed.headers.get('etag'));
  t.equal(await status(stopped), 'processing');
  t.equal((await change('paused', resumed.headers.get('etag'))).status, 412, 'it was stopped');
});
