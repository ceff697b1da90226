/** What hosts have said holds after a restart of control, also for a client that does as it likes. */
import t from 'tap';
import { createMeeting, enter, knock, resumeWith, TestClient } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { publishes } from '../../testing/test-publications.js';

const server = await testServer(t);

t.test('mutes, the stage and the word to those who wait', async (t) => {
  const database = await testDatabase(t, server);
  const first = await testControl(t, database);
  const meeting = await createMeeting(first.origin, { policy: { mute_on_entry: true } });
  const host = await enter(first.origin, meeting, { host: true });
  const [ada, bob, eve] = [
    await enter(first.origin, meeting, { name: 'Ada' }),
    await enter(first.origin, meeting, { name: 'Bob' }),
    await enter(first.origin, meeting, { name: 'Eve' }),
  ];
  const microphone = await publishes(first.node, ada, 'microphone');
  const lifted = { publication_id: microphone, muted: false };
  t.match(await ada.client.ask('publish.update', lifted), { t: 'ok' });
  await publishes(first.node, bob, 'microphone');
  const removal = { source: 'microphone' as const, self_unmute: false, except: [ada.id] };
  t.match(await host.client.ask('mod.mute_all', removal), { t: 'ok' });
  const shown = [
    await publishes(first.node, ada, 'camera'),
    await publishes(first.node, bob, 'camera'),
  ];
  t.match(await host.client.ask('mod.spotlight', { publication_ids: shown }), { t: 'ok' });
  await host.client.ask('mod.policy', { lobby: 'all' });
  await knock(first.origin, meeting, { name: 'Kim' });
  t.match(await host.client.ask('mod.lobby_message', { body: 'Soon' }), { t: 'ok' });
  await first.services.rooms.shutDown();

  const { origin, node } = await testControl(t, database, { keys: first.keys });
  const comeBack = async ({ id, joined }: typeof ada) => {
    const client = await new TestClient(origin).opened();
    client.send('hello', resumeWith(joined.d.resume_token, 1));
    return { id, client, joined: await client.type('joined') };
  };
  const mutes = () =>
    (node.callsOf('publishMute') as { publicationId: string; by: string; muted: boolean }[])
      .filter(({ by }) => by === 'host')
      .map(({ publicationId, muted }) => ({ publicationId, muted }));
  const [adaBack, bobBack, eveBack] = [
    await comeBack(ada),
    await comeBack(bob),
    await comeBack(eve),
  ];
  await publishes(node, adaBack, 'microphone', 'of Ada');
  await publishes(node, bobBack, 'microphone', 'of Bob');
  await publishes(node, eveBack, 'microphone', 'of Eve');
  t.strictSame(mutes(), [
    { publicationId: 'of Bob', muted: true },
    { publicationId: 'of Eve', muted: true },
  ]);
  const insisting = { publication_id: 'of Bob', muted: false };
  t.match(await bobBack.client.ask('publish.update', insisting), { d: { code: 'role_required' } });

  await publishes(node, bobBack, 'camera', 'picture of Bob');
  t.match((await adaBack.client.type('spotlight')).d, { publication_ids: ['picture of Bob'] });
  await publishes(node, adaBack, 'camera', 'picture of Ada');
  await adaBack.client.type('spotlight', ({ d }) => d.publication_ids.length === 2);

  const late = await knock(origin, meeting, { name: 'Late' });
  t.match(late.waiting.d, { message: 'Soon' });

  const hostBack = await comeBack(host);
  await hostBack.client.ask('mod.admit', { participant_ids: [late.id] });
  await hostBack.client.ask('mod.policy', { lobby: 'off' });
  const admitted = { ...late, joined: await late.client.type('joined') };
  const entered = await enter(origin, meeting, { name: 'Zoe' });
  for (const newcomer of [admitted, entered]) {
    const publicationId = await publishes(node, newcomer, 'microphone');
    t.match(mutes().at(-1), { publicationId, muted: true }, 'muted on entry, as before');
  }
});
