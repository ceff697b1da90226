/** Meetings that end while their rooms move, and rooms that open again behind them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { projectRoot } from '../config.js';
import { KeyRing } from '../keys/key-ring.js';
import type { TrackDeclaration } from '../schemas/client-messages.js';
import { makeUser } from '../testing/test-accounts.js';
import { createMeeting, enter, passTime } from '../testing/test-client.js';
import { TestClock } from '../testing/test-clock.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { testFleetControl, testNode } from '../testing/test-fleet.js';
import { eventually } from '../testing/test-redis.js';

const server = await testServer(t);
const sdp = readFileSync(join(projectRoot, 'test/fixtures/sdp/chromium-offer.sdp'), 'utf8');
const tracks: TrackDeclaration[] = [
  { mid: '0', cid: 'mic', kind: 'audio', source: 'microphone', muted: false },
  { mid: '1', cid: 'cam', kind: 'video', source: 'camera', muted: false },
];

/** A meeting that opens again, on one of two nodes, with somebody who publishes. */
async function meet(t: Test) {
  const database = await testDatabase(t, server);
  const clock = new TestClock();
  const control = await testFleetControl(t, { database, keys: KeyRing.ephemeral(), clock });
  const nodes = [await testNode(t, control), await testNode(t, control)] as const;
  for (const { nodeId } of nodes) {
    await eventually('the node', async () => control.fleet.nodes.find(nodeId) ?? undefined);
  }
  const { rooms, moderation } = control.services;
  const { headers } = await makeUser(control);
  const meeting = await createMeeting(control.origin, { kind: 'persistent' }, headers);
  const host = await enter(control.origin, meeting, { host: true, name: 'Host' });
  const { meeting_id: meetingId, epoch } = host.joined.d;
  const offered = await host.client.ask('publish.offer', { epoch, rev: 1, sdp, tracks });
  t.match(offered, { t: 'publish.answer' });
  const room = rooms.live(meetingId);
  const end = () => moderation.end(room, { id: host.id, role: 'host' });
  const open = () => enter(control.origin, meeting, { host: true, name: 'Again' });
  return { database, clock, nodes, rooms, meetingId, host, room, end, open };
}

t.test('a host ends it while its room moves: it is over everywhere', async (t) => {
  const { database, nodes, rooms, meetingId, host, room, end } = await meet(t);
  await rooms.move(room.key, null);
  await host.client.type('migrate');
  await end();
  t.equal(await host.client.closed(), 4410);
  t.match(await database.query('select epoch, closed_at from rooms'), [
    { epoch: 2, closed_at: Date },
  ]);
  const log = await database.query<{ type: string }>('select type from events order by seq');
  t.strictSame(
    log.slice(-3).map(({ type }) => type),
    ['room.migrated', 'participant.left', 'meeting.ended'],
  );
  await eventually('no node has anything of it', async () =>
    nodes.every(({ node }) => node.description().length === 0) ? true : undefined,
  );
  t.equal(rooms.find(meetingId), undefined);
  t.equal(room.media.former, null, 'nobody is waited for');
});

t.test(
  'a host ends it while a move of it is being written: nothing is left anywhere',
  async (t) => {
    const { database, nodes, rooms, meetingId, host, room, end } = await meet(t);
    const [moved, ended] = await Promise.allSettled([rooms.move(room.key, null), end()]);
    t.match(ended, { status: 'fulfilled' });
    if (moved.status === 'rejected')
      t.match(moved.reason, { code: 'stale_epoch' }, 'it was too late');
    t.equal(await host.client.closed(), 4410);
    t.match(await database.query('select closed_at from rooms'), [{ closed_at: Date }]);
    const log = await database.query<{ type: string }>('select type from events order by seq');
    t.equal(log.at(-1)?.type, 'meeting.ended');
    await eventually('no node has anything of it', async () =>
      nodes.every(({ node }) => node.description().length === 0) ? true : undefined,
    );
    t.equal(rooms.find(meetingId), undefined);
  },
);

t.test('what is late of a room that is over does nothing to the next one', async (t) => {
  const { clock, rooms, meetingId, room, end, open } = await meet(t);
  await rooms.move(room.key, null);
  await end();
  const { client } = await open();
  const next = rooms.live(meetingId);
  t.not(next, room);
  await passTime(clock, 16_000, client);
  await t.rejects(room.record('room.late', null, {}), { code: 'stale_epoch' });
  await t.rejects(rooms.move(room.key, null), { code: 'not_found' });
  t.equal(next.key.epoch, 1, 'that one does not move in its place');
  await t.rejects(
    rooms.endHere(room, []),
    { code: 'not_in_room' },
    'nor does a second order end it',
  );
  t.equal(rooms.find(meetingId), next);
  t.match(await client.ask('chat.send', { body: 'Still here' }), { t: 'ok' });
});

t.test('what a second move awaits has its own time', async (t) => {
  const { clock, rooms, host, room } = await meet(t);
  await rooms.move(room.key, null);
  await passTime(clock, 10_000, host.client);
  await rooms.move(room.key, null);
  await passTime(clock, 6000, host.client);
  t.equal(room.publications.size, 2, 'the first move forgets nothing of it');
  await passTime(clock, 10_000, host.client);
  t.equal(room.publications.size, 0);
});
