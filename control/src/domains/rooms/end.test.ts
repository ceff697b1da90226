/** The end of a meeting whose node is lost just then. */
import t from 'tap';
import { createMeeting, enter } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { eventually } from '../../testing/test-redis.js';

const server = await testServer(t);

t.test('a meeting ends though its node is lost', async (t) => {
  const { origin, node, services } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  node.failNext('closeRoom', 'node_lost');
  host.client.send('mod.end', {});
  t.equal(await host.client.closed(), 4410);
  await eventually('the room is closed', async () =>
    services.rooms.find(meeting.meeting.meeting_id) === undefined ? true : undefined,
  );
});
