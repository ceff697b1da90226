/** A recorder that comes back hears what was muted while it was away, and when. */
import t from 'tap';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { publishes } from '../../testing/test-publications.js';
import { meetingWith, recordedControl, shown } from '../../testing/test-recording.js';
import { eventually } from '../../testing/test-redis.js';

const server = await testServer(t);

t.test('muted while no recorder was there', async (t) => {
  const control = await recordedControl(t, await testDatabase(t, server));
  const { recorder, recorders, node } = control;
  const { host } = await meetingWith(control.origin);
  const microphone = await publishes(node, host, 'microphone');
  const camera = await publishes(node, host, 'camera');
  await host.client.ask('recording.start', {});
  await shown(host.client, 'recording');
  recorders.lose(recorder);
  await shown(host.client, 'degraded');
  const { room_id: roomId, epoch } = host.joined.d;
  const whose = { roomId, epoch, participantId: host.id, layers: [] };
  const mute = async (publicationId: string, muted: boolean) => {
    node.say({ ...whose, type: 'publication_updated', publicationId, muted });
    await host.client.type('publication.updated', ({ d }) => d.muted === muted);
  };
  await mute(microphone, true);
  const gone = { publicationId: camera, participantId: host.id, reason: 'removed' };
  await mute(camera, true);
  node.say({ roomId, epoch, type: 'publication_removed', ...gone });
  await host.client.type('publication.removed');
  recorders.come(recorder);
  await shown(host.client, 'recording');
  const told = await eventually('it hears of it', async () => {
    const mutes = recorder.recording?.facts.filter(({ type }) => type === 'published') ?? [];
    return mutes.length > 0 ? mutes : undefined;
  });
  t.match(told, [{ type: 'published', trackId: microphone, muted: true, sinceMs: Number }]);
  t.equal(told.length, 1, 'of what is gone nothing is said');
  const [{ sinceMs }] = told as { sinceMs: number }[] as [{ sinceMs: number }];
  t.ok(sinceMs > 0 && sinceMs < (recorder.recording?.order.recordedMs ?? 0), `${sinceMs}`);
});
