/** Rooms move between nodes: seats, roster, publications and what hosts said go along. */
import t, { type Test } from 'tap';
import { KeyRing } from '../keys/key-ring.js';
import { pageOf } from '../plugins/page.js';
import { makeAdmin } from '../testing/test-accounts.js';
import { createMeeting, enter, post, resumeWith, TestClient } from '../testing/test-client.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { type TestFleetControl, testFleetControl, testNode } from '../testing/test-fleet.js';
import { offerSdp, offerTracks, publish } from '../testing/test-publishing.js';
import { eventually } from '../testing/test-redis.js';

const server = await testServer(t);
const offered = { sdp: offerSdp, tracks: offerTracks };

async function twoNodes(t: Test) {
  const database = await testDatabase(t, server);
  const control = await testFleetControl(t, { database, keys: KeyRing.ephemeral() });
  const nodes = [await testNode(t, control), await testNode(t, control)] as const;
  for (const { nodeId } of nodes) {
    await eventually('the node', async () => control.fleet.nodes.find(nodeId) ?? undefined);
  }
  return { control, nodes, database };
}

async function meet(control: TestFleetControl) {
  const meeting = await createMeeting(control.origin);
  const host = await enter(control.origin, meeting, { host: true, name: 'Host' });
  const ada = await enter(control.origin, meeting, { name: 'Ada' });
  const { room_id: roomId, epoch, meeting_id: meetingId } = host.joined.d;
  const room = control.services.rooms.live(meetingId);
  return { meeting, host, ada, roomId, epoch, room };
}

t.test('a planned move: both nodes until all have moved, then the new one alone', async (t) => {
  const { control, nodes } = await twoNodes(t);
  const { host, ada, roomId, epoch, room } = await meet(control);
  const ids = await publish(ada, epoch);
  const was = nodes.find(({ nodeId }) => nodeId === room.media.placed.nodeId);
  const other = nodes.find((node) => node !== was);
  const { headers } = await makeAdmin(control);
  const moved = await post(`${control.origin}/v1/rooms/${roomId}/move`, {}, headers);
  t.equal(moved.status, 200);
  const next = epoch + 1;
  t.match(await moved.json(), { room_id: roomId, node_id: other?.nodeId, epoch: next });
  for (const { client } of [host, ada]) {
    t.match((await client.type('migrate')).d, {
      ...{ epoch: next, node_id: other?.nodeId, reason: 'rebalance', make_before_break: true },
    });
  }
  const listed = await control.services.nodes.rooms(other?.nodeId ?? '', pageOf.read({}));
  const { controlId: control_id, address: control_address } = control.fleet;
  t.match(listed.items, [{ room_id: roomId, title: '', epoch: next, control_id, control_address }]);
  t.match(was?.node.description(), [{ roomId, epoch, participants: 2 }]);
  t.match(other?.node.description(), [{ roomId, epoch: next, participants: 2 }]);
  t.match(await ada.client.ask('publish.offer', { epoch, rev: 2, ...offered }), {
    d: { code: 'stale_epoch' },
  });
  t.match(await host.client.ask('mod.mute', { participant_id: ada.id, source: 'microphone' }), {
    t: 'ok',
  });
  const former = { roomId, epoch };
  const atFormer = await was?.node.publications(former);
  t.equal(atFormer?.find(({ source }) => source === 'microphone')?.muted, true, 'there as well');
  t.strictSame(await publish(ada, next), ids, 'called as before');
  const present = await other?.node.publications({ roomId, epoch: next });
  t.equal(present?.find(({ source }) => source === 'microphone')?.muted, true, 'and here');
  t.match(await ada.client.ask('migrate.done', { epoch: next }), { t: 'ok' });
  t.equal(was?.node.description().length, 1, 'the host has not moved');
  t.match(await host.client.ask('migrate.done', { epoch: next }), { t: 'ok' });
  await eventually('the former is closed', async () =>
    was?.node.description().length === 0 ? true : undefined,
  );
  t.strictSame(host.client.ofType('publication.removed'), []);
  t.equal(host.client.ofType('publication.added').length, 2);
  t.match(await ada.client.ask('migrate.done', { epoch }), { d: { code: 'stale_epoch' } });
});

t.test('a move while another one is under way goes there or is refused', async (t) => {
  const { control, nodes } = await twoNodes(t);
  const third = await testNode(t, control);
  await eventually('it', async () => control.fleet.nodes.find(third.nodeId) ?? undefined);
  const { roomId, epoch, room } = await meet(control);
  const all = [...nodes, third].map(({ nodeId }) => nodeId);
  const [one, other] = all.filter((id) => id !== room.media.placed.nodeId) as [string, string];
  const { rooms } = control.services;
  const asked = [rooms.move(room.key, one), rooms.move(room.key, other), rooms.move(room.key, one)];
  const [moved, refused, same] = await Promise.allSettled(asked);
  const there = { room_id: roomId, node_id: one, epoch: epoch + 1 };
  t.strictSame(moved, { status: 'fulfilled', value: there });
  t.match(refused, { status: 'rejected', reason: { code: 'conflict' } });
  t.strictSame(same, { status: 'fulfilled', value: there });
});

t.test('who is waited for goes: the former node has nothing of the room any more', async (t) => {
  const { control, nodes } = await twoNodes(t);
  const { host, ada, roomId, epoch, room } = await meet(control);
  const was = nodes.find(({ nodeId }) => nodeId === room.media.placed.nodeId);
  const { headers } = await makeAdmin(control);
  await post(`${control.origin}/v1/rooms/${roomId}/move`, {}, headers);
  for (const { client } of [host, ada]) await client.type('migrate');
  t.match(await host.client.ask('migrate.done', { epoch: epoch + 1 }), { t: 'ok' });
  t.match(was?.node.description(), [{ roomId, epoch }], 'Ada is not there yet');
  const leftAt = performance.now();
  ada.client.send('bye', {});
  await eventually('nobody is waited for', async () =>
    was?.node.description().length === 0 ? true : undefined,
  );
  t.ok(performance.now() - leftAt < 15_000, 'and not when its time is over, after 30 s');
});

t.test('a room that all have left: the former node has nothing of it at once', async (t) => {
  const { control, nodes } = await twoNodes(t);
  const { host, ada, roomId, room } = await meet(control);
  const was = nodes.find(({ nodeId }) => nodeId === room.media.placed.nodeId);
  for (const { client } of [host, ada]) client.send('bye', {});
  await eventually('all have left', async () => (room.seats.size === 0 ? true : undefined));
  const { headers } = await makeAdmin(control);
  const askedAt = performance.now();
  await post(`${control.origin}/v1/rooms/${roomId}/move`, {}, headers);
  await eventually('it is there no more', async () =>
    was?.node.description().length === 0 ? true : undefined,
  );
  t.ok(performance.now() - askedAt < 15_000, 'and not when its time is over, after 30 s');
});

t.test('a node that is lost: its rooms go to another, who is away begins anew there', async (t) => {
  const { control, nodes, database } = await twoNodes(t);
  const { host, ada, roomId, epoch, room } = await meet(control);
  const ids = await publish(ada, epoch);
  await publish(host, epoch);
  const lost = room.media.placed.nodeId;
  const other = nodes.find(({ nodeId }) => nodeId !== lost);
  ada.client.cut();
  await host.client.type('participant.updated', ({ d }) => d.state === 'reconnecting');
  control.fleet.nodes.remove(lost);
  const next = epoch + 1;
  t.match((await host.client.type('migrate')).d, {
    ...{ epoch: next, node_id: other?.nodeId, reason: 'failure', make_before_break: false },
    deadline_ms: 0,
  });
  const back = await new TestClient(control.origin).opened();
  back.send('hello', resumeWith(ada.joined.d.resume_token, 1));
  const { d } = await back.type('joined');
  t.match(d, { participant_id: ada.id, epoch: next, resumed: false, transports: 'new' });
  t.strictSame(await publish({ ...ada, client: back }, next), ids);
  t.match(other?.node.description(), [{ roomId, epoch: next, participants: 2 }]);
  const rows = await database.query('select epoch, node_id from rooms where closed_at is null');
  t.match(rows, [{ epoch: next, node_id: other?.nodeId }]);
  t.match(await database.query(`select payload from events where type = 'room.migrated'`), [
    { payload: { reason: 'failure', from: lost, to: other?.nodeId, epoch: next } },
  ]);
});

t.test('no other node: people stay, and the room moves when there is one', async (t) => {
  const database = await testDatabase(t, server);
  const control = await testFleetControl(t, { database, keys: KeyRing.ephemeral() });
  const only = await testNode(t, control);
  await eventually('the node', async () => control.fleet.nodes.find(only.nodeId) ?? undefined);
  const { host, epoch } = await meet(control);
  only.agent.stop();
  control.fleet.nodes.remove(only.nodeId);
  t.match(await host.client.ask('chat.send', { body: 'Is anybody there?' }), { t: 'ok' });
  t.match(await host.client.ask('publish.offer', { epoch, rev: 1, ...offered }), {
    d: { code: 'node_lost' },
  });
  const second = await testNode(t, control);
  t.match((await host.client.type('migrate')).d, { node_id: second.nodeId, reason: 'failure' });
});

t.test('a drain moves every room and can be taken back', async (t) => {
  const { control, nodes } = await twoNodes(t);
  const meetings = await Promise.all(Array.from({ length: 6 }, () => meet(control)));
  const [one, two] = nodes;
  await control.services.nodes.drain(one.nodeId, 60);
  await eventually('all are elsewhere', async () =>
    meetings.every(({ room }) => room.media.placed.nodeId === two.nodeId) ? true : undefined,
  );
  for (const { host, ada, room } of meetings) {
    for (const { client } of [host, ada]) {
      if (room.key.epoch === 1) continue;
      const { epoch } = (await client.type('migrate')).d;
      t.match(await client.ask('migrate.done', { epoch }), { t: 'ok' });
    }
  }
  await eventually('it is empty', async () =>
    one.node.description().length === 0 ? true : undefined,
  );
  await control.services.nodes.undrain(one.nodeId);
  two.agent.leave();
  await eventually('back again, as the other stops', async () =>
    meetings.every(({ room }) => room.media.placed.nodeId === one.nodeId) ? true : undefined,
  );
});

t.test('a drain that finds no other node closes what is left at its deadline', async (t) => {
  const database = await testDatabase(t, server);
  const control = await testFleetControl(t, { database, keys: KeyRing.ephemeral() });
  const { nodeId, node, agent } = await testNode(t, control);
  await eventually('the node', async () => control.fleet.nodes.find(nodeId) ?? undefined);
  const { host, ada, epoch, room } = await meet(control);
  const ids = await publish(ada, epoch);
  const drainedAt = performance.now();
  await control.services.nodes.drain(nodeId, 2);
  await eventually('it is empty', async () => (node.description().length === 0 ? true : undefined));
  t.ok(performance.now() - drainedAt > 1900, 'not before');
  t.equal(room.seats.size, 2, 'everybody is there, without media');
  t.match(await host.client.ask('chat.send', { body: 'Can you hear me?' }), { t: 'ok' });
  t.match(await host.client.ask('publish.offer', { epoch, rev: 1, ...offered }), {
    d: { code: 'node_lost' },
  });
  await control.services.nodes.undrain(nodeId);
  const { d } = await ada.client.type('migrate');
  t.match(d, { node_id: nodeId, epoch: epoch + 1, reason: 'failure', make_before_break: false });
  t.strictSame(await publish(ada, d.epoch), ids, 'called as before');
  t.ok(agent.isInContact);
});

t.test('who does not move is left behind at the deadline', async (t) => {
  const { control, nodes } = await twoNodes(t);
  const { room } = await meet(control);
  const from = nodes.find(({ nodeId }) => nodeId === room.media.placed.nodeId);
  await control.services.nodes.drain(from?.nodeId ?? '', 1);
  await eventually('it is empty', async () =>
    from?.node.description().length === 0 ? true : undefined,
  );
  t.not(room.media.placed.nodeId, from?.nodeId);
});
