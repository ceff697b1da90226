import t from 'tap';
import { createMeeting, enter, resumeWith, TestClient } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { publishes } from '../../testing/test-publications.js';

const server = await testServer(t);

t.test('hands: one order on every screen, kept over a reconnect', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const people = [];
  for (const name of ['Ada', 'Bob', 'Eve']) people.push(await enter(origin, meeting, { name }));
  const [ada, bob, eve] = people as [typeof host, typeof host, typeof host];
  for (const { client } of [bob, ada, eve]) await client.ask('hand.set', { raised: true });
  await bob.client.ask('hand.set', { raised: true });
  const order = [bob.id, ada.id, eve.id];
  for (const { client } of [host, ...people]) {
    const list = await client.type('hand.list', ({ d }) => d.items.length === 3);
    t.strictSame(
      list.d.items.map(({ participant_id }) => participant_id),
      order,
    );
    t.equal(client.ofType('hand.list').length, 3, 'a hand that is up already tells nobody');
  }
  bob.client.cut();
  const back = await new TestClient(origin).opened();
  back.send('hello', resumeWith(bob.joined.d.resume_token, 0));
  await back.type('joined');
  const late = await enter(origin, meeting, { name: 'Late' });
  t.strictSame(
    late.joined.d.snapshot?.hands.map(({ participant_id }) => participant_id),
    order,
  );
  t.match(await ada.client.ask('mod.lower_hand', { all: true }), { d: { code: 'role_required' } });
  await host.client.ask('mod.lower_hand', { participant_id: ada.id });
  t.match((await ada.client.type('moderated')).d, { action: 'hand_lowered', by: host.id });
  await host.client.type('hand.list', ({ d }) => d.items.length === 2);
  eve.client.send('bye', {});
  await host.client.type('hand.list', ({ d }) => d.items.length === 1);
  await host.client.ask('mod.lower_hand', { all: true });
  await late.client.type('hand.list', ({ d }) => d.items.length === 0);
});

t.test('reactions reach all, two a second', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const ada = await enter(origin, meeting, { name: 'Ada' });
  const bob = await enter(origin, meeting, { name: 'Bob' });
  const answers = [];
  for (const name of ['clap', 'heart', 'laugh'] as const) {
    answers.push((await ada.client.ask('reaction', { name })).t);
  }
  t.strictSame(answers, ['ok', 'ok', 'error']);
  const seen = await bob.client.type('reaction', ({ d }) => d.name === 'heart');
  t.match(seen, { d: { participant_id: ada.id } });
  t.equal(seen.seq, undefined);
});

t.test('spotlight: pictures only, by hosts, gone with the picture', async (t) => {
  const { origin, node } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const ada = await enter(origin, meeting, { name: 'Ada' });
  const camera = await publishes(node, ada, 'camera');
  const sound = await publishes(node, ada, 'microphone');
  const show = (client: typeof host, ...publication_ids: string[]) =>
    client.client.ask('mod.spotlight', { publication_ids });
  t.match(await show(ada, camera), { d: { code: 'role_required' } });
  t.match(await show(host, sound), { d: { code: 'unknown_publication' } });
  t.match(await show(host, camera), { t: 'ok' });
  t.match((await ada.client.type('spotlight')).d, { publication_ids: [camera] });
  const late = await enter(origin, meeting, { name: 'Late' });
  t.strictSame(late.joined.d.snapshot?.spotlight, [camera]);
  const { room_id: roomId, epoch } = host.joined.d;
  const ended = { publicationId: camera, participantId: ada.id, reason: 'ended' };
  node.say({ roomId, epoch, type: 'publication_removed', ...ended });
  await late.client.type('spotlight', ({ d }) => d.publication_ids.length === 0);
});
