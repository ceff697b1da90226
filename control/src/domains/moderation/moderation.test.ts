import t from 'tap';
import {
  createMeeting,
  enter,
  helloWith,
  join,
  joinBody,
  post,
  resumeWith,
  TestClient,
} from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

t.test('a removed and blocked device is out and cannot return', async (t) => {
  const { origin, node } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const eve = await enter(origin, meeting, { name: 'Eve', deviceId: 'device of Eve' });
  const secondTab = await enter(origin, meeting, { name: 'Eve', deviceId: 'device of Eve' });
  const unused = await join(origin, meeting, { name: 'Eve', deviceId: 'device of Eve' });
  const grace = await enter(origin, meeting, { deviceId: 'device of Grace' });

  const answer = await host.client.ask('mod.remove', { participant_id: eve.id, block: true });
  t.match(answer, { t: 'ok' });
  t.match((await eve.client.type('moderated')).d, {
    action: 'removed',
    by: host.id,
    detail: { blocked: true },
  });
  t.equal(await eve.client.closed(), 4403);
  t.equal(await secondTab.client.closed(), 4403);
  const left = await grace.client.type('participant.left', ({ d }) => d.id === eve.id);
  t.equal(left.d.reason, 'removed');
  const removed = node.callsOf('removeParticipant') as { participantId: string }[];
  t.strictSame(
    removed.map(({ participantId }) => participantId).sort(),
    [eve.id, secondTab.id].sort(),
  );

  const again = await post(
    `${origin}/v1/join`,
    joinBody(meeting, { name: 'Not Eve', deviceId: 'device of Eve' }),
  );
  t.match(await again.json(), { status: 403, code: 'blocked' });
  for (const hello of [resumeWith(eve.joined.d.resume_token, 1), helloWith(unused.join_token)]) {
    const client = await new TestClient(origin).opened();
    client.send('hello', hello);
    t.equal(await client.closed(), 4401);
  }
  t.match(await grace.client.ask('chat.send', { body: 'calm again' }), { t: 'ok' });
  const elsewhere = await createMeeting(origin);
  await enter(origin, elsewhere, { deviceId: 'device of Eve' });
});

t.test('removed without a block, one may come back by the link, not by the seat', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const guest = await enter(origin, meeting, { deviceId: 'some device' });
  await host.client.ask('mod.remove', { participant_id: guest.id, block: false });
  t.equal(await guest.client.closed(), 4403);
  const client = await new TestClient(origin).opened();
  client.send('hello', resumeWith(guest.joined.d.resume_token, 1));
  t.equal(await client.closed(), 4401);
  await enter(origin, meeting, { deviceId: 'some device' });
});

t.test('only hosts moderate, and only who is there', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const guest = await enter(origin, meeting);
  for (const [t2, d] of [
    ['mod.remove', { participant_id: host.id, block: true }],
    ['mod.mute', { participant_id: host.id, source: 'microphone' }],
  ] as const) {
    t.match(await guest.client.ask(t2, d as never), { d: { code: 'role_required' } });
  }
  const nobody = await host.client.ask('mod.remove', { participant_id: 'nobody', block: false });
  t.match(nobody, { d: { code: 'unknown_participant' } });
  const self = await host.client.ask('mod.remove', { participant_id: host.id, block: false });
  t.match(self, { d: { code: 'forbidden' } });
  t.match(await host.client.ask('chat.send', { body: 'here' }), { t: 'ok' });
});

t.test('a mute by a host holds at the node; lifting it follows the policy', async (t) => {
  const { origin, node } = await testControl(t, await testDatabase(t, server));
  for (const selfUnmute of [true, false]) {
    const meeting = await createMeeting(origin, { policy: { self_unmute: selfUnmute } });
    const host = await enter(origin, meeting, { host: true });
    const guest = await enter(origin, meeting);
    const { room_id: roomId, epoch } = host.joined.d;
    const source = 'microphone' as const;
    const none = await host.client.ask('mod.mute', { participant_id: guest.id, source });
    t.match(none, { d: { code: 'unknown_publication' } });
    const publication = {
      publicationId: `mic of ${guest.id}`,
      participantId: guest.id,
      kind: 'audio' as const,
      source,
      muted: false,
      codec: 'opus',
      layers: [],
    };
    node.say({ roomId, epoch, type: 'publication_added', publication });
    await host.client.type('publication.added');
    t.match(await host.client.ask('mod.mute', { participant_id: guest.id, source }), { t: 'ok' });
    t.match((await guest.client.type('moderated')).d, { action: 'muted', detail: { source } });
    const { publicationId } = publication;
    const undone = { publication_id: publicationId, muted: false };
    const answer = await guest.client.ask('publish.update', undone);
    t.match(answer, selfUnmute ? { t: 'ok' } : { t: 'error', d: { code: 'role_required' } });
    const call = { roomId, epoch, participantId: guest.id, publicationId };
    t.strictSame(node.callsOf('publishMute').splice(-(selfUnmute ? 3 : 1)), [
      { ...call, muted: true, by: 'host' },
      ...(selfUnmute
        ? [
            { ...call, muted: false, by: 'host' },
            { ...call, muted: false, by: 'participant' },
          ]
        : []),
    ]);
    t.equal(guest.joined.d.grants.unmute, selfUnmute);
  }
});
