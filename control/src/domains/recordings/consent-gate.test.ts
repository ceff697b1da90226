/** Consent, over HTTP and WebSocket: who is asked when, what holds until they answer, what is on record. */
import t, { type Test } from 'tap';
import {
  enter,
  helloWith,
  join,
  joinBody,
  post,
  resumeWith,
  TestClient,
  type TestMeeting,
} from '../../testing/test-client.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import {
  answersAre,
  answersOf,
  eventsAre,
  eventTypes,
  meetingWith,
  type Rule,
  recordedControl,
  shown,
} from '../../testing/test-recording.js';
import { eventually } from '../../testing/test-redis.js';

const server = await testServer(t);

async function gathering(t: Test, rule: Rule) {
  const control = await recordedControl(t, await testDatabase(t, server));
  const { origin, recorder } = control;
  const { meeting, host } = await meetingWith(origin, rule);
  const guest = await enter(origin, meeting, { name: 'Guest' });
  const allowed = (...ids: string[]) =>
    eventually(`allowed: ${ids.length}`, async () => {
      const now = recorder.recording?.allowed;
      return JSON.stringify(now) === JSON.stringify(ids) || undefined;
    });
  const paused = (isPaused: boolean) =>
    eventually(`paused: ${isPaused}`, async () => {
      const now = recorder.recording?.isPaused;
      return now === isPaused || undefined;
    });
  return { ...control, meeting, host, guest, allowed, paused };
}

const joinWith = (origin: string, meeting: TestMeeting, more: object, name = 'Late') =>
  post(`${origin}/v1/join`, { ...joinBody(meeting, { name }), ...more });

async function enterWith(origin: string, meeting: TestMeeting, consent: boolean, name = 'Late') {
  const answer = await joinWith(origin, meeting, { consent }, name);
  const { join_token, participant_id } = (await answer.json()) as Record<string, string>;
  const client = await new TestClient(origin).opened();
  client.send('hello', helloWith(`${join_token}`), 'hello');
  await client.type('joined');
  return { client, id: `${participant_id}` };
}

t.test('ask each: nothing of a person before their yes, nor behind a no', async (t) => {
  const { origin, database, recorder, host, guest, meeting, allowed } = await gathering(
    t,
    'ask_each',
  );
  await host.client.ask('recording.start', { consent: true });
  const { recording_id } = await shown(host.client, 'recording');
  await allowed(host.id);
  t.equal(host.client.ofType('recording.consent_request').length, 0, 'who began it has agreed');
  t.match(await guest.client.type('recording.consent_request'), {
    d: { recording_id, policy: 'ask_each', text_version: '1' },
  });
  const missing = await eventually('who is missing', async () => {
    const last = host.client.ofType('recording.state').at(-1)?.d;
    return last?.missing?.length === 1 ? last.missing : undefined;
  });
  t.same(missing, [guest.id]);
  t.equal(guest.client.ofType('recording.state').at(-1)?.d.missing, undefined, 'hosts alone');
  const yes = { recording_id, accept: true };
  t.match(await guest.client.ask('recording.consent', yes), { t: 'ok' });
  await allowed(host.id, guest.id);
  await answersAre(t, { database, recordingId: recording_id }, { Host: true, Guest: true });
  t.match(await guest.client.ask('recording.consent', { recording_id, accept: false }), {
    t: 'ok',
  });
  await allowed(host.id);
  await answersAre(t, { database, recordingId: recording_id }, { Host: true, Guest: false });
  t.equal(recorder.recording?.isPaused, false, 'it goes on without them');
  await eventsAre(t, { database, meetingId: meeting.meeting.meeting_id }, [
    ...['consent.given', 'recording.started', 'consent.given', 'consent.refused'],
  ]);
  const other = { recording_id: host.id, accept: true };
  t.match(await guest.client.ask('recording.consent', other), { d: { code: 'not_found' } });
  // At the door.
  const unasked = await joinWith(origin, meeting, {});
  t.match(await unasked.json(), { code: 'consent_required' });
  const { code, secret } = joinBody(meeting);
  const check = await (await post(`${origin}/v1/join/check`, { code, secret })).json();
  t.match(check, {
    needs: ['name', 'consent'],
    recording_active: true,
    recording_consent: 'ask_each',
  });
  const no = await enterWith(origin, meeting, false, 'No');
  const late = await enterWith(origin, meeting, true, 'Yes');
  await allowed(host.id, late.id);
  await Promise.all([no.client.pinged(), late.client.pinged()]);
  t.equal(no.client.ofType('recording.consent_request').length, 0);
  t.equal(late.client.ofType('recording.consent_request').length, 0);
  t.match(await answersOf(database, recording_id), { No: false, Yes: true });
});

t.test(
  'ask each: who has not answered is asked again after a resume, others are not',
  async (t) => {
    const { origin, host, guest } = await gathering(t, 'ask_each');
    await host.client.ask('recording.start', { consent: true });
    await guest.client.type('recording.consent_request');
    guest.client.cut();
    const back = await new TestClient(origin).opened();
    // Of long ago: a snapshot, not what was missed.
    back.send('hello', resumeWith(guest.joined.d.resume_token, 10_000), 'again');
    t.match(await back.type('joined'), { d: { resumed: false } });
    const { d } = await back.type('recording.consent_request');
    await back.ask('recording.consent', { recording_id: d.recording_id, accept: true });
    back.cut();
    const joined = back.ofType('joined').at(-1)?.d.resume_token as string;
    const third = await new TestClient(origin).opened();
    third.send('hello', resumeWith(joined, 10_000), 'again');
    await third.type('joined');
    await third.pinged();
    t.equal(third.ofType('recording.consent_request').length, 0);
  },
);

t.test('all must accept: waits for everybody, and for whoever takes it back', async (t) => {
  const { origin, database, recorder, host, guest, meeting, allowed, paused } = await gathering(
    t,
    'all_must_accept',
  );
  await host.client.ask('recording.start', { consent: true });
  const { recording_id } = await shown(guest.client, 'waiting_consent');
  await eventually('the guest alone is missing', async () => {
    const missing = host.client.ofType('recording.state').at(-1)?.d.missing;
    return JSON.stringify(missing) === JSON.stringify([guest.id]) || undefined;
  });
  t.match(await guest.client.ask('recording.consent', { recording_id, accept: false }), {
    t: 'ok',
  });
  t.equal(recorder.recording, undefined, 'nothing has begun');
  await guest.client.ask('recording.consent', { recording_id, accept: true });
  await shown(guest.client, 'recording');
  await allowed(host.id, guest.id);
  await guest.client.ask('recording.consent', { recording_id, accept: false });
  await shown(host.client, 'waiting_consent');
  await paused(true);
  await allowed(host.id);
  await guest.client.ask('recording.consent', { recording_id, accept: true });
  await shown(host.client, 'recording');
  await paused(false);
  const no = await joinWith(origin, meeting, { consent: false });
  t.match(await no.json(), { code: 'consent_required' });
  // A host is never kept out: they are asked in the room, and it waits.
  const second = await enter(origin, meeting, { host: true, name: 'Second' });
  await second.client.type('recording.consent_request');
  await shown(guest.client, 'waiting_consent');
  await paused(true);
  await second.client.ask('bye', {});
  await shown(guest.client, 'recording');
  await paused(false);
  const before = host.client.ofType('recording.state').length;
  const pauses = recorder.calls.filter(({ method }) => method === 'setPaused').length;
  const late = await enterWith(origin, meeting, true);
  await allowed(host.id, guest.id, late.id);
  await host.client.pinged();
  t.same(host.client.ofType('recording.state').slice(before), [], 'nobody waits for who agreed');
  t.equal(recorder.calls.filter(({ method }) => method === 'setPaused').length, pauses);
  await eventually('it is recorded for all to see', async () =>
    guest.client.ofType('recording.state').at(-1)?.d.state === 'recording' ? true : undefined,
  );
  await answersAre(
    t,
    { database, recordingId: recording_id },
    {
      ...{ Host: true, Guest: true, Second: null, Late: true },
    },
  );
});

for (const rule of ['ask_each', 'all_must_accept'] as const) {
  t.test(`${rule}: a later no holds for the next recording, a yes does not`, async (t) => {
    const { host, guest, recorder } = await gathering(t, rule);
    await host.client.ask('recording.start', { consent: true });
    const { recording_id } = (await guest.client.type('recording.consent_request')).d;
    await guest.client.ask('recording.consent', { recording_id, accept: true });
    await host.client.ask('recording.consent', { recording_id, accept: false });
    await host.client.ask('recording.stop', { recording_id });
    await host.client.ask('recording.start', {});
    await eventually(
      'the guest is asked again',
      async () => guest.client.ofType('recording.consent_request').length === 2 || undefined,
    );
    const state = rule === 'ask_each' ? 'recording' : 'waiting_consent';
    const anew = await shown(guest.client, state);
    t.not(anew.recording_id, recording_id);
    if (rule === 'ask_each') {
      await host.client.pinged();
      t.same(recorder.recording?.allowed, []);
    } else {
      await eventually(
        'the host is asked',
        async () => host.client.ofType('recording.consent_request').at(-1) ?? undefined,
      );
      t.equal(recorder.recording, undefined);
    }
  });
}

t.test('ask each: a no after a yes that is just being written counts', async (t) => {
  const { database, host, guest, allowed } = await gathering(t, 'ask_each');
  await host.client.ask('recording.start', { consent: true });
  const { recording_id } = (await guest.client.type('recording.consent_request')).d;
  const say = (accept: boolean) => guest.client.ask('recording.consent', { recording_id, accept });
  await say(false);
  const both = await database.transaction(async (tx) => {
    await tx.query('lock table recording_consents in exclusive mode');
    const answers = [say(true), say(false)];
    await guest.client.pinged();
    return answers;
  });
  for (const answer of await Promise.all(both)) t.match(answer, { t: 'ok' });
  await allowed(host.id);
  t.same(await answersOf(database, recording_id), { Host: true, Guest: false });
});

t.test(
  'ask each: a no that could not be written holds, and is written when it is said again',
  async (t) => {
    const { database, host, guest, meeting, allowed } = await gathering(t, 'ask_each');
    await host.client.ask('recording.start', { consent: true });
    const { recording_id } = (await guest.client.type('recording.consent_request')).d;
    const say = (accept: boolean) =>
      guest.client.ask('recording.consent', { recording_id, accept });
    t.match(await say(true), { t: 'ok' });
    await allowed(host.id, guest.id);
    await database.query(
      `alter table recording_consents
       add constraint says_yes check (accepted is distinct from false) not valid`,
    );
    t.match(await say(false), { t: 'error' });
    await allowed(host.id);
    t.match(await say(false), { t: 'error' }, 'still not on record');
    t.same(await answersOf(database, recording_id), { Host: true, Guest: true });
    await database.query('alter table recording_consents drop constraint says_yes');
    for (let times = 0; times < 2; times++) t.match(await say(false), { t: 'ok' });
    t.same(await answersOf(database, recording_id), { Host: true, Guest: false });
    await allowed(host.id);
    const events = await eventTypes(database, meeting.meeting.meeting_id);
    const refused = events.filter((type) => type === 'consent.refused');
    t.equal(refused.length, 1, 'and written once');
  },
);

t.test('ask each: a yes with which it was begun is of that recording alone', async (t) => {
  const { host, allowed } = await gathering(t, 'ask_each');
  await host.client.ask('recording.start', { consent: true });
  const first = await shown(host.client, 'recording');
  await allowed(host.id);
  await host.client.ask('recording.stop', { recording_id: first.recording_id });
  await shown(host.client, 'stopped');
  await host.client.ask('recording.start', {});
  const asked = await host.client.type('recording.consent_request');
  t.not(asked.d.recording_id, first.recording_id, 'the first one asked nothing of them');
  await allowed();
});

t.test('ask each: a yes with a start takes a no back, for that recording', async (t) => {
  const { host, guest, allowed } = await gathering(t, 'ask_each');
  await host.client.ask('recording.start', { consent: false });
  const { recording_id } = await shown(guest.client, 'recording');
  await allowed();
  await host.client.ask('recording.stop', { recording_id });
  await host.client.ask('recording.start', { consent: true });
  await allowed(host.id);
  t.equal(host.client.ofType('recording.consent_request').length, 0, 'twice said with the start');
  const second = await shown(guest.client, 'recording');
  await host.client.ask('recording.stop', { recording_id: second.recording_id });
  await host.client.ask('recording.start', {});
  const asked = await host.client.type('recording.consent_request');
  t.not(asked.d.recording_id, second.recording_id, 'the no is not there any more');
});

t.test('ask each: what is written in the room counts as what is said', async (t) => {
  const { host, guest, recorder, allowed } = await gathering(t, 'ask_each');
  await host.client.ask('recording.start', { consent: true });
  const { recording_id } = (await guest.client.type('recording.consent_request')).d;
  await allowed(host.id);
  const write = ({ client }: typeof guest, body: string) => client.ask('chat.send', { body });
  await write(host, 'of the host');
  const unasked = await write(guest, 'before the yes');
  t.match(unasked, { t: 'ok' });
  await guest.client.ask('recording.consent', { recording_id, accept: true });
  await write(guest, 'after the yes');
  await host.client.ask('recording.pause', { recording_id });
  await write(guest, 'in the pause');
  await host.client.ask('recording.start', {});
  await write(guest, 'after the pause');
  await guest.client.ask('recording.consent', { recording_id, accept: false });
  await write(guest, 'after the no');
  await write(host, 'at last');
  const written = await eventually('the last', async () => {
    const facts = recorder.recording?.facts ?? [];
    const bodies = facts.flatMap((fact) => (fact.type === 'chat' ? [fact.body] : []));
    return bodies.includes('at last') ? bodies : undefined;
  });
  t.same(written, ['of the host', 'after the yes', 'after the pause', 'at last']);
});

t.test('stopped while it waits: nothing of it is there', async (t) => {
  const { database, host, meeting } = await gathering(t, 'all_must_accept');
  await host.client.ask('recording.start', { consent: true });
  const { recording_id } = await shown(host.client, 'waiting_consent');
  await host.client.ask('recording.stop', { recording_id });
  await shown(host.client, 'stopped');
  const [row] = await database.query<{ status: string; reason: string }>(
    'select status, reason from recordings where recording_id = $1',
    [recording_id],
  );
  t.match(row, { status: 'failed', reason: 'never_began' });
  await eventsAre(t, { database, meetingId: meeting.meeting.meeting_id }, [
    'consent.given',
    'recording.failed',
  ]);
});

t.test('informed: nobody is asked, at the door neither', async (t) => {
  const { origin, database, host, guest, meeting, recorder } = await gathering(t, 'inform');
  await host.client.ask('recording.start', {});
  const { recording_id } = await shown(host.client, 'recording');
  t.equal(recorder.recording?.allowed, null);
  const late = await enter(origin, meeting, { name: 'Late' });
  t.match(late.joined.d.snapshot?.recording, { state: 'recording' });
  await guest.client.pinged();
  t.equal(guest.client.ofType('recording.consent_request').length, 0);
  const accept = { recording_id, accept: true };
  t.match(await guest.client.ask('recording.consent', accept), { d: { code: 'conflict' } });
  await answersAre(
    t,
    { database, recordingId: recording_id },
    { Host: null, Guest: null, Late: null },
  );
});

t.test('informed: who begins it and says yes has answered nothing', async (t) => {
  const { database, host, meeting } = await gathering(t, 'inform');
  await host.client.ask('recording.start', { consent: true });
  const { recording_id } = await shown(host.client, 'recording');
  await answersAre(t, { database, recordingId: recording_id }, { Host: null, Guest: null });
  await eventsAre(t, { database, meetingId: meeting.meeting.meeting_id }, ['recording.started']);
});

t.test('it begins between a join token and its use: asked first', async (t) => {
  const { origin, host, meeting } = await gathering(t, 'ask_each');
  const { join_token } = await join(origin, meeting, { name: 'Late' });
  await host.client.ask('recording.start', { consent: true });
  await shown(host.client, 'recording');
  const late = await new TestClient(origin).opened();
  late.send('hello', helloWith(join_token), 'hello');
  t.match(await late.type('error'), { d: { code: 'consent_required', fatal: true } });
  t.equal(await late.closed(), 4401);
});

t.test('by itself: what was said at the door counts', async (t) => {
  const control = await recordedControl(t, await testDatabase(t, server));
  const { origin, recorder, database } = control;
  const { meeting, host } = await meetingWith(origin, 'all_must_accept', true);
  const { recording_id } = (await host.client.type('recording.consent_request')).d;
  t.match(await (await joinWith(origin, meeting, {})).json(), { code: 'consent_required' });
  const guest = await enterWith(origin, meeting, true, 'Guest');
  t.equal(recorder.recording, undefined);
  await host.client.ask('recording.consent', { recording_id, accept: true });
  await shown(guest.client, 'recording');
  await answersAre(t, { database, recordingId: recording_id }, { Host: true, Guest: true });
});
