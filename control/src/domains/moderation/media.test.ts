/** What hosts switch off is off at the node, whatever a client does. */
import t, { type Test } from 'tap';
import { createMeeting, enter } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { publishes } from '../../testing/test-publications.js';

const server = await testServer(t);

interface MuteCall {
  publicationId: string;
  muted: boolean;
  by: string;
}

async function meetingOfThree(t: Test, policy: object = {}) {
  const control = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(control.origin, { policy });
  const host = await enter(control.origin, meeting, { host: true });
  const ada = await enter(control.origin, meeting, { name: 'Ada' });
  const eve = await enter(control.origin, meeting, { name: 'Eve' });
  const muted = (publicationId: string) =>
    (control.node.callsOf('publishMute') as MuteCall[])
      .filter((call) => call.publicationId === publicationId && call.by === 'host')
      .map((call) => call.muted);
  return { ...control, meeting, host, ada, eve, muted };
}

t.test('mute all, without the right to undo it: also what is published later', async (t) => {
  const { node, host, ada, eve, muted } = await meetingOfThree(t);
  const early = await publishes(node, ada, 'microphone');
  const spared = await publishes(node, eve, 'microphone');
  const own = await publishes(node, host, 'microphone');
  const answer = await host.client.ask('mod.mute_all', {
    source: 'microphone',
    self_unmute: false,
    except: [eve.id],
  });
  t.match(answer, { t: 'ok' });
  t.strictSame(muted(early), [true]);
  t.strictSame(muted(spared), []);
  t.strictSame(muted(own), []);
  t.match((await ada.client.type('grants')).d, { grants: { unmute: false } });
  t.match((await ada.client.type('moderated')).d, { action: 'muted', by: host.id });
  t.match(await ada.client.ask('publish.update', { publication_id: early, muted: false }), {
    d: { code: 'role_required' },
  });
  t.strictSame(muted(early), [true], 'a client that insists changes nothing');
  const anew = await publishes(node, ada, 'microphone', 'a new microphone');
  await ada.client.type('moderated', ({ d }) => d.by === null);
  t.strictSame(muted(anew), [true], 'nor does one that publishes anew');
  const later = await publishes(node, ada, 'camera');
  t.strictSame(muted(later), [], 'its camera is another matter');

  t.match(await host.client.ask('mod.ask_unmute', { participant_id: ada.id }), { t: 'ok' });
  t.match((await ada.client.type('moderated', ({ d }) => d.action === 'asked_to_unmute')).d, {
    detail: { source: 'microphone' },
  });
  t.strictSame(muted(anew), [true, false]);
  t.match(await ada.client.ask('publish.update', { publication_id: anew, muted: false }), {
    t: 'ok',
  });
});

t.test('mute all, with the right to undo it', async (t) => {
  const { node, host, ada, muted } = await meetingOfThree(t);
  const microphone = await publishes(node, ada, 'microphone');
  await host.client.ask('mod.mute_all', { source: 'microphone', self_unmute: true });
  t.strictSame(muted(microphone), [true]);
  t.match(await ada.client.ask('publish.update', { publication_id: microphone, muted: false }), {
    t: 'ok',
  });
  t.strictSame(muted(microphone), [true, false]);
});

t.test('the right to unmute, for one', async (t) => {
  const { host, ada, eve } = await meetingOfThree(t, { self_unmute: false });
  t.equal(ada.joined.d.grants.unmute, false);
  await host.client.ask('mod.can_unmute', { participant_id: ada.id, can_unmute: true });
  t.match((await ada.client.type('grants')).d, { grants: { unmute: true } });
  await eve.client.type('participant.updated', ({ d }) => d.id === ada.id && d.can_unmute === true);
  t.match(await eve.client.ask('mod.can_unmute', { participant_id: eve.id, can_unmute: true }), {
    d: { code: 'role_required' },
  });
});

t.test('who may not unmute stays silent once they are, whoever muted them', async (t) => {
  const { node, host, ada, eve, muted } = await meetingOfThree(t);
  const room = { roomId: host.joined.d.room_id, epoch: host.joined.d.epoch };
  const mutes = (publicationId: string, isMuted: boolean) =>
    node.say({
      ...room,
      type: 'publication_updated',
      publicationId,
      participantId: ada.id,
      muted: isMuted,
      layers: [],
    });
  const microphone = await publishes(node, ada, 'microphone');
  await host.client.ask('mod.can_unmute', { participant_id: ada.id, can_unmute: false });
  t.strictSame(muted(microphone), [], 'who talks goes on');
  mutes(microphone, true);
  await ada.client.type('publication.updated');
  t.strictSame(muted(microphone), [true]);
  const insisting = { publication_id: microphone, muted: false };
  t.match(await ada.client.ask('publish.update', insisting), { d: { code: 'role_required' } });
  const anew = await publishes(node, ada, 'microphone', 'a new microphone');
  t.strictSame(muted(anew), [true], 'nor by publishing anew');
  await host.client.ask('mod.ask_unmute', { participant_id: ada.id });
  t.strictSame(muted(anew), [true, false]);
  const calls = node.callsOf('publishMute') as (MuteCall & { by: string })[];
  const own = calls.filter(({ by, publicationId }) => by !== 'host' && publicationId === anew);
  t.match(own, [{ muted: true }], 'asked, nobody is switched on by another');
  t.match(await ada.client.ask('publish.update', { publication_id: anew, muted: false }), {
    t: 'ok',
  });

  await host.client.ask('mod.can_unmute', { participant_id: eve.id, can_unmute: false });
  t.strictSame(muted(await publishes(node, eve, 'microphone')), [true], 'silent at that moment');
  await host.client.ask('mod.can_unmute', { participant_id: ada.id, can_unmute: false });
  const removed = { publicationId: anew, participantId: ada.id, reason: 'removed' };
  node.say({ ...room, type: 'publication_removed', ...removed });
  t.strictSame(muted(await publishes(node, ada, 'microphone', 'a third')), [true]);
});

t.test('stop video: camera and screen', async (t) => {
  const { node, host, ada, eve, muted } = await meetingOfThree(t);
  const camera = await publishes(node, ada, 'camera');
  const screen = await publishes(node, ada, 'screen');
  t.match(await host.client.ask('mod.stop_video', { participant_id: eve.id }), {
    d: { code: 'unknown_publication' },
  });
  t.match(await host.client.ask('mod.stop_video', { participant_id: ada.id }), { t: 'ok' });
  t.strictSame([muted(camera), muted(screen)], [[true], [true]]);
});

t.test('muted on entry: newcomers but hosts, who may undo it', async (t) => {
  const { node, host, ada, muted } = await meetingOfThree(t, { mute_on_entry: true });
  const hosts = await publishes(node, host, 'microphone');
  const microphone = await publishes(node, ada, 'microphone');
  await ada.client.type('moderated');
  t.strictSame([muted(hosts), muted(microphone)], [[], [true]]);
  await ada.client.ask('publish.update', { publication_id: microphone, muted: false });
  t.strictSame(muted(microphone), [true, false]);
});

t.test('screen shares end when only hosts may share', async (t) => {
  const { node, host, ada } = await meetingOfThree(t);
  const screen = await publishes(node, ada, 'screen');
  await publishes(node, host, 'screen');
  await host.client.ask('mod.policy', { screen_share: 'hosts' });
  t.match((await ada.client.type('grants')).d.grants.publish, ['microphone', 'camera']);
  t.match(node.callsOf('publishRemove'), [{ publicationId: screen }]);
  t.equal(node.callsOf('publishRemove').length, 1);
});
