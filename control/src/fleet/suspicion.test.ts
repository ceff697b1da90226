/** People hear nothing of their node: it is asked, and only if it does not answer its rooms move. */
import t from 'tap';
import { KeyRing } from '../keys/key-ring.js';
import { createMeeting, enter } from '../testing/test-client.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { testFleetControl, testNode } from '../testing/test-fleet.js';
import { offerSdp } from '../testing/test-publishing.js';
import { eventually } from '../testing/test-redis.js';
import { testRelay } from '../testing/test-way.js';

const server = await testServer(t);
const loss = { direction: 'subscribe', silence_ms: 1_000, failed_checks: 1 } as const;

t.test('a node that answers keeps its room, one that does not loses it', async (t) => {
  const database = await testDatabase(t, server);
  const lines: string[] = [];
  const control = await testFleetControl(t, {
    ...{ database, keys: KeyRing.ephemeral(), log: (line: string) => lines.push(line) },
  });
  const nodes = await Promise.all(
    [1, 2].map(async () => {
      const way = await testRelay(t, Number(control.fleet.address.split(':')[1]));
      return { way, ...(await testNode(t, control, { address: `127.0.0.1:${way.port}` })) };
    }),
  );
  for (const { nodeId } of nodes) {
    await eventually('the node', async () => control.fleet.nodes.find(nodeId) ?? undefined);
  }
  const meeting = await createMeeting(control.origin);
  const ada = await enter(control.origin, meeting, { host: true, name: 'Ada' });
  const bo = await enter(control.origin, meeting, { name: 'Bo' });
  const { epoch, meeting_id: meetingId } = ada.joined.d;
  const room = control.services.rooms.live(meetingId);
  const was = nodes.find(({ nodeId }) => nodeId === room.media.placed.nodeId);
  const bothSaySo = async () => {
    for (const { client } of [ada, bo]) {
      t.match(await client.ask('media.lost', { epoch, ...loss }), { t: 'ok' });
    }
  };

  await bothSaySo();
  // Its answer comes behind that to the question whether it is there.
  const offer = { epoch, rev: 1, sdp: offerSdp, tracks: [] };
  t.match(await ada.client.ask('publish.offer', offer), { t: 'publish.answer' });
  t.equal(room.media.placed.nodeId, was?.nodeId, 'it is there');
  t.strictSame(ada.client.ofType('migrate'), []);

  // Nothing passes any more, and nothing breaks: its lease holds for 3 s.
  was?.way.silence();
  await bothSaySo();
  await eventually('it is given up', async () =>
    control.fleet.nodes.find(was?.nodeId ?? '') === null ? true : undefined,
  );
  const said = lines.map((line) => JSON.parse(line) as { msg: string; reason?: string });
  const reasons = said.filter(({ msg }) => msg === 'a media node is lost').map((one) => one.reason);
  t.strictSame(
    reasons,
    ['people hear nothing, and it does not answer'],
    'before its lease was over',
  );
  for (const { client } of [ada, bo]) {
    t.match((await client.type('migrate')).d, { epoch: epoch + 1, reason: 'failure' });
  }
  t.not(room.media.placed.nodeId, was?.nodeId);
});
