import t from 'tap';
import {
  createMeeting,
  enter,
  passTime,
  resumeWith,
  TestClient,
} from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

t.test('a role changes for all at once, and what it allowed ends', async (t) => {
  const database = await testDatabase(t, server);
  const { origin, node } = await testControl(t, database);
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const guest = await enter(origin, meeting, { name: 'Guest' });
  const { room_id: roomId, epoch } = host.joined.d;
  const publication = {
    publicationId: 'the camera',
    participantId: guest.id,
    kind: 'video' as const,
    source: 'camera' as const,
    muted: false,
    codec: 'VP8',
    layers: [],
  };
  node.say({ roomId, epoch, type: 'publication_added', publication });
  await host.client.type('publication.added');
  await host.client.ask('mod.role', { participant_id: guest.id, role: 'viewer' });
  const updated = await host.client.type('participant.updated');
  t.match(updated.d, { id: guest.id, role: 'viewer', can_unmute: false });
  const { role, grants } = (await guest.client.type('grants')).d;
  t.equal(role, 'viewer');
  t.strictSame(grants, { publish: [], subscribe: true, chat: false, unmute: false });
  t.match((await guest.client.type('moderated')).d, { action: 'role', detail: { role: 'viewer' } });
  t.match(node.callsOf('publishRemove'), [{ publicationId: 'the camera' }]);
  const track = { mid: '0', cid: 'c', kind: 'video', source: 'camera', muted: false } as const;
  const offer = await guest.client.ask('publish.offer', {
    epoch,
    rev: 1,
    sdp: 'x',
    tracks: [track],
  });
  t.match(offer, { d: { code: 'role_required' } });
  t.match(await guest.client.ask('chat.send', { body: 'x' }), { d: { code: 'role_required' } });
  t.match(await guest.client.ask('hand.set', { raised: true }), { t: 'ok' });
  const [row] = await database.query('select role from participants where participant_id = $1', [
    guest.id,
  ]);
  t.match(row, { role: 'viewer' });
});

t.test('host transfer: one gives, the other has, and only hosts do', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const ada = await enter(origin, meeting, { name: 'Ada' });
  const eve = await enter(origin, meeting, { name: 'Eve' });
  const role = (
    client: typeof host,
    id: string,
    to: 'host' | 'co_host' | 'participant' | 'viewer',
  ) => client.client.ask('mod.role', { participant_id: id, role: to });
  t.match(await role(eve, eve.id, 'host'), { d: { code: 'role_required' } });
  t.match(await role(host, 'nobody', 'host'), { d: { code: 'unknown_participant' } });
  t.match(await role(host, host.id, 'participant'), { d: { code: 'conflict' } }, 'the last host');
  t.match(await role(host, ada.id, 'co_host'), { t: 'ok' });
  t.match(await role(ada, eve.id, 'viewer'), { t: 'ok' }, 'a co-host makes viewers');
  t.match(await role(ada, eve.id, 'co_host'), { d: { code: 'role_required' } });
  t.match(await role(ada, host.id, 'participant'), { d: { code: 'role_required' } });
  t.match(await role(ada, ada.id, 'host'), { d: { code: 'role_required' } });
  t.match(await role(host, ada.id, 'host'), { t: 'ok' });
  await eve.client.type('participant.updated', ({ d }) => d.id === ada.id && d.role === 'host');
  await eve.client.type('participant.updated', ({ d }) => d.id === host.id && d.role === 'co_host');
  t.match(await host.client.ask('mod.end', {}), { d: { code: 'role_required' } });
});

t.test('without a host for 90 s the co-host there longest takes over', async (t) => {
  const clock = new TestClock();
  const { origin } = await testControl(t, await testDatabase(t, server), { clock });
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const older = await enter(origin, meeting, { name: 'Older' });
  await passTime(clock, 1000, host.client, older.client);
  const younger = await enter(origin, meeting, { name: 'Younger' });
  for (const { id } of [younger, older]) {
    await host.client.ask('mod.role', { participant_id: id, role: 'co_host' });
  }
  host.client.cut();
  await older.client.type('participant.updated', ({ d }) => d.state === 'reconnecting');
  await passTime(clock, 85_000, older.client, younger.client);
  const back = await new TestClient(origin).opened();
  back.send('hello', resumeWith(host.joined.d.resume_token, host.joined.seq));
  await back.type('joined');
  await passTime(clock, 60_000, back, older.client, younger.client);
  t.notOk(
    older.client.ofType('participant.updated').some(({ d }) => d.role === 'host'),
    'a host who returns stays host',
  );
  back.send('bye', {});
  await older.client.type('participant.left');
  await passTime(clock, 91_000, older.client, younger.client);
  const heir = await younger.client.type('participant.updated', ({ d }) => d.role === 'host');
  t.equal(heir.d.id, older.id);
  t.match((await older.client.type('grants', ({ d }) => d.role === 'host')).d, { role: 'host' });
  const told = await older.client.type('moderated', ({ d }) => d.detail.role === 'host');
  t.equal(told.d.by, null, 'nobody made them host');
  t.match(await older.client.ask('mod.role', { participant_id: younger.id, role: 'viewer' }), {
    t: 'ok',
  });
});

t.test('roles, rights and hands outlive the process', async (t) => {
  const database = await testDatabase(t, server);
  const first = await testControl(t, database);
  const meeting = await createMeeting(first.origin, { policy: { self_unmute: false } });
  const host = await enter(first.origin, meeting, { host: true });
  const ada = await enter(first.origin, meeting, { name: 'Ada' });
  await host.client.ask('mod.role', { participant_id: ada.id, role: 'co_host' });
  await host.client.ask('mod.role', { participant_id: ada.id, role: 'participant' });
  await host.client.ask('mod.can_unmute', { participant_id: ada.id, can_unmute: true });
  await ada.client.ask('hand.set', { raised: true });
  await host.client.ask('chat.send', { body: 'everything before this is written' });
  await first.services.rooms.shutDown();
  const second = await testControl(t, database, { keys: first.keys });
  const back = await new TestClient(second.origin).opened();
  back.send('hello', resumeWith(ada.joined.d.resume_token, ada.joined.seq));
  const { d } = await back.type('joined');
  t.match(d, { role: 'participant', grants: { unmute: true } });
  t.match(d.snapshot?.hands, [{ participant_id: ada.id }]);
});
