/** A room on the nodes of two regions: who sits where, what crosses, and what the end of one costs. */
import t, { type Test } from 'tap';
import { KeyRing } from '../keys/key-ring.js';
import type { Database } from '../store/database.js';
import { makeAdmin } from '../testing/test-accounts.js';
import {
  createMeeting,
  enter,
  helloWith,
  join,
  post,
  resumeWith,
  TestClient,
} from '../testing/test-client.js';
import { TestClock } from '../testing/test-clock.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { makeKey, postOffer, sdpFixture } from '../testing/test-endpoints.js';
import { knowEachOther, type TestNode, testFleetControl, testNode } from '../testing/test-fleet.js';
import { untilBlocked } from '../testing/test-locks.js';
import { claimPort } from '../testing/test-ports.js';
import { publish } from '../testing/test-publishing.js';
import { eventually } from '../testing/test-redis.js';
import { testRelay } from '../testing/test-way.js';

const server = await testServer(t);

type Entered = Awaited<ReturnType<typeof enter>>;

/** All of these are in the slots of somebody, by the newest that they were told. */
async function receives({ client }: Pick<Entered, 'client'>, ids: readonly string[]) {
  await eventually('it is received', async () => {
    const maps = [...client.ofType('subscribe.offer'), ...client.ofType('subscribe.map')];
    const newest = maps.sort((one, other) => one.d.rev - other.d.rev).at(-1)?.d.map ?? [];
    const mapped = newest.map(({ publication_id }) => publication_id);
    return ids.every((id) => mapped.includes(id)) ? true : undefined;
  });
}

/** A control process that others reach by a relay, and nodes of its region without one. */
async function testRegion(
  t: Test,
  region: string,
  shared: { database: Database; keys: KeyRing; clock?: TestClock },
) {
  const port = await claimPort();
  const way = await testRelay(t, port);
  const advertise = `127.0.0.1:${way.port}`;
  const control = await testFleetControl(t, { ...shared, region, port, advertise });
  const address = (told: string) => (told === advertise ? `127.0.0.1:${port}` : told);
  return { control, way, addNode: () => testNode(t, control, { region, address }) };
}

/**
 * A control process and a node in each of two regions.
 * @param clock of rooms and sockets.
 */
async function twoEmptyRegions(t: Test, { clock }: { clock?: TestClock } = {}) {
  const database = await testDatabase(t, server);
  const ticking = clock === undefined ? {} : { clock };
  const shared = { database, keys: KeyRing.ephemeral(), ...ticking };
  const europe = await testRegion(t, 'eu', shared);
  const america = await testRegion(t, 'us', shared);
  const [eu, us] = [europe.control, america.control];
  await knowEachOther([eu, us]);
  const [euNode, usNode] = [await europe.addNode(), await america.addNode()];
  const ways = [europe.way, america.way];
  for (const { fleet } of [eu, us]) {
    for (const { nodeId } of [euNode, usNode]) {
      await eventually('the node', async () => fleet.nodes.find(nodeId) ?? undefined);
    }
  }
  return { database, eu, us, euNode, usNode, ways };
}

/** A host in the one region, Ada in the other. */
async function twoRegions(t: Test, options: { clock?: TestClock } = {}) {
  const regions = await twoEmptyRegions(t, options);
  const { eu, us } = regions;
  const meeting = await createMeeting(eu.origin);
  const host = await enter(eu.origin, meeting, { host: true, name: 'Host' });
  const ada = await enter(us.origin, meeting, { name: 'Ada' });
  const { room_id: roomId, epoch } = host.joined.d;
  return { ...regions, meeting, host, ada, roomId, epoch };
}

function linksOf({ node }: TestNode, room: { roomId: string; epoch: number }) {
  return node.openRoom(room).then(({ links }) => links);
}

t.test('everybody is on the node of their region, and receives everybody', async (t) => {
  const fleet = await twoRegions(t);
  const { eu, us, euNode, usNode, host, ada, roomId, epoch, database } = fleet;
  t.match(euNode.node.description(), [{ roomId, epoch, participants: 1 }]);
  t.match(usNode.node.description(), [{ roomId, epoch, participants: 1 }]);
  t.strictSame(await database.query('select node_id, branch_node_ids from rooms'), [
    { node_id: euNode.nodeId, branch_node_ids: [usNode.nodeId] },
  ]);
  const [ofHost, ofAda] = [await publish(host, epoch), await publish(ada, epoch)];
  await receives(ada, ofHost);
  await receives(host, ofAda);
  const told = host.client.ofType('publication.added').map(({ d }) => d.publication_id);
  t.strictSame(
    told.filter((id) => ofAda.includes(id)),
    ofAda,
    'told once, by the node where it is',
  );
  const links = await linksOf(euNode, { roomId, epoch });
  t.equal(links.length, 1);
  t.strictSame(await linksOf(usNode, { roomId, epoch }), links);
  for (const [region, { nodeId }] of [['eu', euNode] as const, ['us', usNode] as const]) {
    const said = [eu, us].map(({ fleet }) => fleet.presenceOf({ nodeId, region })?.state);
    t.strictSame(said, region === 'eu' ? ['joined', undefined] : [undefined, 'joined']);
  }

  const muted = { participant_id: ada.id, source: 'microphone' } as const;
  t.match(await host.client.ask('mod.mute', muted), { t: 'ok' });
  await host.client.type('publication.updated', ({ d }) => d.muted === true);
  const [microphone] = await usNode.node.publications({ roomId, epoch });
  t.equal(microphone?.muted, true, 'where it is published');

  const item = { enabled: true, visible: true, width: 640, height: 360 };
  const items = ofAda.map((publication_id) => ({ ...item, publication_id }));
  t.match(await host.client.ask('subscription.set', { items }), { t: 'ok' });
  t.match(
    await host.client.ask('subscription.set', { items: [{ ...item, publication_id: host.id }] }),
    { d: { code: 'unknown_publication' } },
  );
  ada.client.send('bye', {});
  await host.client.type('publication.removed');
  await eventually('nothing is left', async () =>
    (await usNode.node.publications({ roomId, epoch })).length === 0 ? true : undefined,
  );
});

t.test('its control process ends: the other one takes both nodes and their link', async (t) => {
  const { eu, us, euNode, usNode, host, ada, roomId, epoch, ways } = await twoRegions(t);
  const ofHost = await publish(host, epoch);
  const ofAda = await publish(ada, epoch);
  await receives(ada, ofHost);
  const links = await linksOf(euNode, { roomId, epoch });
  await eu.crash();
  // As the machine of a process that ended.
  await ways[0]?.break();
  const back = [];
  for (const one of [host, ada]) {
    const client = await new TestClient(us.origin).opened();
    client.send('hello', resumeWith(one.joined.d.resume_token, 1));
    const { d } = await client.type('joined');
    t.match(d, { participant_id: one.id, epoch: epoch + 1, transports: 'kept' });
    back.push({ ...one, client });
  }
  const room = { roomId, epoch: epoch + 1 };
  t.match(euNode.node.description(), [{ ...room, participants: 1 }]);
  t.match(usNode.node.description(), [{ ...room, participants: 1 }]);
  t.strictSame(await linksOf(euNode, room), links, 'the same link');
  t.strictSame(await linksOf(usNode, room), links);
  await receives(back[0] as Entered, ofAda);
});

t.test('the node of one region is lost: its people go to the other one', async (t) => {
  const { eu, euNode, usNode, host, ada, roomId, epoch, database } = await twoRegions(t);
  const ofHost = await publish(host, epoch);
  const ofAda = await publish(ada, epoch);
  await receives(host, ofAda);
  eu.fleet.nodes.remove(usNode.nodeId);
  const { d } = await ada.client.type('migrate');
  t.match(d, { epoch: epoch + 1, node_id: euNode.nodeId, make_before_break: false });
  t.strictSame(await publish(ada, epoch + 1), ofAda, 'called as before');
  await receives(ada, ofHost);
  await receives(host, ofAda);
  t.match(euNode.node.description(), [{ roomId, epoch, participants: 2 }]);
  t.strictSame(host.client.ofType('migrate'), [], 'nobody else is concerned');
  t.strictSame(host.client.ofType('publication.removed'), []);
  t.strictSame(await database.query('select node_id, branch_node_ids, epoch from rooms'), [
    { node_id: euNode.nodeId, branch_node_ids: [], epoch: epoch + 1 },
  ]);
});

t.test('the nodes of both regions are lost at once: either move takes an epoch', async (t) => {
  const { eu, us, euNode, usNode, host, ada, roomId, epoch, database } = await twoRegions(t);
  const others = [await testNode(t, eu, { region: 'eu' }), await testNode(t, us, { region: 'us' })];
  for (const { nodeId } of others) {
    await eventually('it', async () => eu.fleet.nodes.find(nodeId) ?? undefined);
  }
  const [ofHost, ofAda] = [await publish(host, epoch), await publish(ada, epoch)];
  for (const { nodeId } of [euNode, usNode]) eu.fleet.nodes.remove(nodeId);
  const told = [(await host.client.type('migrate')).d, (await ada.client.type('migrate')).d];
  t.match(told, [
    { epoch: epoch + 1, node_id: others[0]?.nodeId, reason: 'failure' },
    { epoch: epoch + 2, node_id: others[1]?.nodeId, reason: 'failure' },
  ]);
  t.strictSame(await publish(host, epoch + 1), ofHost);
  t.strictSame(await publish(ada, epoch + 2), ofAda);
  await receives(host, ofAda);
  await receives(ada, ofHost);
  t.match(
    await database.query('select node_id, branch_node_ids, epoch from rooms where room_id = $1', [
      roomId,
    ]),
    [{ node_id: others[0]?.nodeId, branch_node_ids: [others[1]?.nodeId], epoch: epoch + 2 }],
  );
});

t.test(
  'the nodes of both regions are drained at once: the room stays at one of them',
  async (t) => {
    const { eu, host, ada, roomId, epoch, database } = await twoRegions(t);
    const room = eu.services.rooms.live(host.joined.d.meeting_id);
    await database.query("update nodes set draining_since = now(), drain_until = now() + '1 min'");
    const told = await Promise.race([host, ada].map(({ client }) => client.type('migrate')));
    t.match(told.d, { epoch: epoch + 1, reason: 'drain' });
    // Behind whatever else was to be written.
    for (const { client } of [host, ada])
      t.match(await client.ask('hand.set', { raised: true }), { t: 'ok' });
    t.equal(room.places.length, 1);
    t.strictSame(
      await database.query('select node_id, branch_node_ids, epoch from rooms where room_id = $1', [
        roomId,
      ]),
      [{ node_id: room.media.placed.nodeId, branch_node_ids: [], epoch: epoch + 1 }],
    );
  },
);

t.test(
  'people join others whose place moves at the same time: they are where that is then',
  async (t) => {
    const { eu, euNode, usNode, host, ada, roomId, epoch, database } = await twoRegions(t);
    const { nodeId } = await testNode(t, eu, { region: 'eu' });
    await eventually('it', async () => eu.fleet.nodes.find(nodeId) ?? undefined);
    // In this order: read from the database they are drained in any.
    const until = new Date(Date.now() + 60_000);
    for (const node of [euNode, usNode]) eu.fleet.nodes.drain(node.nodeId, until);
    const moves = [await host.client.type('migrate'), await ada.client.type('migrate')];
    t.match(
      moves.map(({ d }) => d.node_id),
      [nodeId, nodeId],
    );
    t.strictSame(
      await database.query('select node_id, branch_node_ids, epoch from rooms where room_id = $1', [
        roomId,
      ]),
      [{ node_id: nodeId, branch_node_ids: [], epoch: epoch + 2 }],
    );
  },
);

/** A host in the one region, and a client in the other who has joined and not said hello. */
async function awaitingAda(t: Test) {
  const regions = await twoEmptyRegions(t);
  const meeting = await createMeeting(regions.eu.origin);
  const host = await enter(regions.eu.origin, meeting, { host: true, name: 'Host' });
  const { room_id: roomId, epoch } = host.joined.d;
  const ofHost = await publish(host, epoch);
  const { join_token } = await join(regions.us.origin, meeting, { name: 'Ada' });
  const client = await new TestClient(regions.us.origin).opened();
  const comes = () => client.send('hello', helloWith(join_token));
  return { ...regions, meeting, host, ofHost, roomId, epoch, ada: { client, comes } };
}

/** What the log says of places, and of which node. */
const placesWritten = `select type, payload ->> 'node' as node from events
  where type like 'room.node_%' order by seq`;

t.test('a node is lost while a place is written: its people sit where others do', async (t) => {
  const { ada, ...fleet } = await awaitingAda(t);
  const { database, eu, us, euNode, usNode, meeting, host, ofHost, roomId, epoch } = fleet;
  await database.transaction(async (tx) => {
    await tx.query('select from rooms where room_id = $1 for update', [roomId]);
    ada.comes();
    await untilBlocked(database, () => 1);
    usNode.agent.stop();
    eu.fleet.nodes.remove(usNode.nodeId);
  });
  t.match((await ada.client.type('joined')).d, { room_id: roomId, epoch });
  await receives(ada, ofHost);
  await receives(await enter(us.origin, meeting, { name: 'Bob' }), ofHost);
  t.match(euNode.node.description(), [{ roomId, epoch, participants: 3 }]);
  t.strictSame(host.client.ofType('migrate'), []);
  t.strictSame(await database.query('select node_id, branch_node_ids, epoch from rooms'), [
    { node_id: euNode.nodeId, branch_node_ids: [], epoch },
  ]);
  const node = usNode.nodeId;
  t.strictSame(await database.query(placesWritten), [
    { type: 'room.node_added', node },
    { type: 'room.node_removed', node },
  ]);
});

t.test('a node is lost while it opens a place: its people sit where others do', async (t) => {
  const { ada, ...fleet } = await awaitingAda(t);
  const { database, eu, us, euNode, usNode, meeting, host, ofHost, roomId, epoch } = fleet;
  const { openRoom } = usNode.node;
  usNode.node.openRoom = (room) => {
    usNode.agent.stop();
    eu.fleet.nodes.remove(usNode.nodeId);
    return openRoom(room);
  };
  ada.comes();
  t.match((await ada.client.type('joined')).d, { room_id: roomId });
  await receives(ada, ofHost);
  await receives(await enter(us.origin, meeting, { name: 'Bob' }), ofHost);
  t.match(euNode.node.description(), [{ roomId, epoch, participants: 3 }]);
  t.strictSame(host.client.ofType('migrate'), [], 'the host is not concerned');
  t.strictSame(await database.query('select node_id, branch_node_ids from rooms'), [
    { node_id: euNode.nodeId, branch_node_ids: [] },
  ]);
});

t.test('a node fails to open a place: it is tried again with the next who comes', async (t) => {
  const { ada, ...fleet } = await awaitingAda(t);
  const { us, euNode, usNode, meeting, host, ofHost, roomId, epoch } = fleet;
  const { openRoom } = usNode.node;
  usNode.node.openRoom = async () => {
    throw new Error('as the test wants it');
  };
  ada.comes();
  t.match((await ada.client.type('joined')).d, { room_id: roomId, epoch });
  await receives(ada, ofHost);
  t.match(euNode.node.description(), [{ roomId, epoch, participants: 2 }]);
  usNode.node.openRoom = openRoom;
  await receives(await enter(us.origin, meeting, { name: 'Bob' }), ofHost);
  t.match(usNode.node.description(), [{ roomId, epoch, participants: 1 }]);
  t.strictSame(host.client.ofType('migrate'), []);
});

t.test(
  'a node of one region is drained for another of it: both are linked meanwhile',
  async (t) => {
    const { eu, us, euNode, usNode, host, ada, roomId, epoch } = await twoRegions(t);
    const second = await testNode(t, us, { region: 'us' });
    await eventually('it', async () => eu.fleet.nodes.find(second.nodeId) ?? undefined);
    const ofHost = await publish(host, epoch);
    const ofAda = await publish(ada, epoch);
    await receives(host, ofAda);
    eu.fleet.nodes.drain(usNode.nodeId, new Date(Date.now() + 60_000));
    const { d } = await ada.client.type('migrate');
    t.match(d, { epoch: epoch + 1, node_id: second.nodeId, make_before_break: true });
    const room = { roomId, epoch };
    await eventually('a link to either', async () =>
      (await linksOf(euNode, room)).length === 2 ? true : undefined,
    );
    t.strictSame(await publish(ada, epoch + 1), ofAda);
    await receives(ada, ofHost);
    t.match(await ada.client.ask('migrate.done', { epoch: epoch + 1 }), { t: 'ok' });
    await eventually('one is left', async () =>
      (await linksOf(euNode, room)).length === 1 ? true : undefined,
    );
    await receives(host, ofAda);
    t.strictSame(usNode.node.description(), []);
    t.strictSame(host.client.ofType('publication.removed'), []);
  },
);

t.test('a place where nobody has been for 30 s is given up, and opened again', async (t) => {
  const clock = new TestClock();
  const fleet = await twoRegions(t, { clock });
  const { us, euNode, usNode, host, ada, meeting, roomId, epoch, database } = fleet;
  const ofHost = await publish(host, epoch);
  const leaves = async ({ client, id }: Entered) => {
    client.send('bye', {});
    await host.client.type('participant.left', ({ d }) => d.id === id);
  };
  /** In steps, since a socket of which nothing is heard for 10 s is ended. */
  const pass = async (seconds: number, present = [host]) => {
    for (let left = seconds; left > 0; left -= 5) {
      clock.advance(Math.min(left, 5) * 1000);
      const ts = clock.now();
      for (const { client } of present) {
        client.send('ping', { ts });
        await client.type('pong', ({ d }) => d.ts === ts);
      }
    }
  };
  const branches = async () => {
    const [row] = await database.query<{ of: string[] }>('select branch_node_ids as of from rooms');
    return row?.of;
  };
  await leaves(ada);
  await pass(29);
  const bob = await enter(us.origin, meeting, { name: 'Bob' });
  await pass(30, [host, bob]);
  t.match(usNode.node.description(), [{ roomId, participants: 1 }], 'somebody came in time');
  await leaves(bob);
  await pass(29);
  t.match(usNode.node.description(), [{ roomId, participants: 0 }], 'not yet');
  await pass(1);
  await eventually('it is closed', async () =>
    usNode.node.description().length === 0 ? true : undefined,
  );
  await eventually('it is written', async () =>
    (await branches())?.length === 0 ? true : undefined,
  );
  t.strictSame(await linksOf(euNode, { roomId, epoch }), []);
  t.strictSame(host.client.ofType('migrate'), [], 'nobody else is concerned');

  const eve = await enter(us.origin, meeting, { name: 'Eve' });
  t.match(usNode.node.description(), [{ roomId, participants: 1 }]);
  t.strictSame(await branches(), [usNode.nodeId]);
  await receives(eve, ofHost);
  const node = usNode.nodeId;
  t.strictSame(await database.query(placesWritten), [
    { type: 'room.node_added', node },
    { type: 'room.node_removed', node },
    { type: 'room.node_added', node },
  ]);
});

t.test('a room is not moved to a node that has another place of it', async (t) => {
  const { eu, euNode, usNode, host, ada, roomId, epoch, database } = await twoRegions(t);
  const ofAda = await publish(ada, epoch);
  const { headers } = await makeAdmin(eu);
  const path = `${eu.origin}/v1/rooms/${roomId}/move`;
  const refused = await post(path, { node_id: usNode.nodeId }, headers);
  t.equal(refused.status, 409);
  t.match(await refused.json(), { code: 'conflict' });
  t.match(euNode.node.description(), [{ roomId, epoch, participants: 1 }]);
  t.match(usNode.node.description(), [{ roomId, epoch, participants: 1 }], 'Ada as well');
  t.strictSame(await database.query('select node_id, branch_node_ids, epoch from rooms'), [
    { node_id: euNode.nodeId, branch_node_ids: [usNode.nodeId], epoch },
  ]);
  t.strictSame(await publish(ada, epoch), ofAda, 'her commands hold');
  await receives(host, ofAda);
});

t.test('two places of a room that are on their way do not meet on one node', async (t) => {
  const { eu, usNode, database, roomId } = await twoRegions(t);
  const { rooms } = eu.services;
  const openAnother = async () => {
    const { meeting_id: meetingId } = (await createMeeting(eu.origin)).meeting;
    return { meetingId, room: await rooms.open(meetingId) };
  };
  const { nodeId } = usNode;
  const moving = await openAnother();
  const move = rooms.move(moving.room.key, nodeId);
  t.equal(await rooms.placeFor(moving.room, 'us'), moving.room.media, 'the room goes there');
  t.match(await move, { node_id: nodeId, epoch: 2 });
  t.equal(moving.room.places.length, 1);

  const branching = await openAnother();
  const opened = rooms.placeFor(branching.room, 'us');
  await t.rejects(rooms.move(branching.room.key, nodeId), { code: 'conflict' });
  t.equal((await opened).placed.nodeId, nodeId);
  const others = await database.query(
    'select branch_node_ids as of from rooms where room_id <> $1 order by opened_at',
    [roomId],
  );
  t.strictSame(others, [{ of: [] }, { of: [nodeId] }]);
});

t.test('programs are on the node of the region to which they came', async (t) => {
  const { us, euNode, usNode, host, ada, meeting, roomId } = await twoRegions(t);
  const key = await makeKey(us.origin, meeting, { scope: 'publish', name: 'a camera' });
  const url = key.url.replace(new URL(key.url).origin, us.origin);
  const offered = await postOffer({ ...key, url }, sdpFixture('obs-whip-offer'));
  t.equal(offered.status, 201);
  t.match(usNode.node.description(), [{ roomId, participants: 2 }], 'with Ada');
  t.match(euNode.node.description(), [{ roomId, participants: 1 }], 'the host alone');
  const { d } = await host.client.type('publication.added');
  t.not(d.participant_id, ada.id);
  await receives(host, [d.publication_id]);
  const viewing = await makeKey(us.origin, meeting, { scope: 'view', name: 'a wall' });
  const wall = viewing.url.replace(new URL(viewing.url).origin, us.origin);
  const seen = await postOffer({ ...viewing, url: wall }, sdpFixture('aiortc-whep-offer'));
  t.equal(seen.status, 201);
  t.match(usNode.node.description(), [{ roomId, participants: 3 }]);
  const session = new URL(offered.headers.get('location') ?? '');
  const headers = { authorization: `Bearer ${key.key}` };
  const ended = await fetch(`${us.origin}${session.pathname}`, { method: 'DELETE', headers });
  t.equal(ended.status, 200);
  await host.client.type('publication.removed');
});

t.test('the way between regions is cut: rooms stay where they are, and it heals', async (t) => {
  const { eu, us, euNode, usNode, meeting, host, ada, roomId, epoch, ways } = await twoRegions(t);
  const ofHost = await publish(host, epoch);
  const ofAda = await publish(ada, epoch);
  await receives(ada, ofHost);
  await receives(host, ofAda);
  for (const way of ways) way.silence();
  /** Of nodes and of control processes, as either side sees the other one's. */
  const cut = () =>
    [eu, us].flatMap(({ fleet: { cutOff, controls } }) => [
      cutOff === 1,
      ...controls.others.map(({ controlId }) => controls.isCut(controlId)),
    ]);
  await eventually('either side knows', async () => (cut().every(Boolean) ? true : undefined));
  const path = `/v1/meetings/${meeting.meeting.meeting_id}/participants`;
  const headers = { authorization: `Bearer ${(await ada.client.type('token')).d.token}` };
  const asked = await fetch(`${us.origin}${path}`, { headers });
  t.equal(asked.status, 503, 'refused at once');
  t.match(asked.headers.get('retry-after'), /^[12]$/);
  const refused = await new TestClient(us.origin).opened();
  refused.send('hello', resumeWith(ada.joined.d.resume_token, 1));
  t.match(await refused.type('error'), { d: { code: 'dependency_down', fatal: true } });
  // Longer than what is asked of a lease, and of what is written of a node.
  await eventually('silence', async () =>
    (eu.fleet.nodes.link(usNode.nodeId)?.silentMs ?? 0) > 9000 ? true : undefined,
  );
  t.match(usNode.node.description(), [{ roomId, epoch, participants: 1 }]);
  t.match(euNode.node.description(), [{ roomId, epoch, participants: 1 }]);

  for (const way of ways) await way.mend();
  await eventually('it is heard again', async () => (cut().some(Boolean) ? undefined : true));
  const again = new TestClient(us.origin);
  await again.opened();
  again.send('hello', resumeWith(ada.joined.d.resume_token, 1));
  t.match((await again.type('joined')).d, { participant_id: ada.id, epoch });
  await receives(host, ofAda);
  t.strictSame(host.client.ofType('migrate'), [], 'nobody was moved');
  t.strictSame(host.client.ofType('participant.left'), []);
  t.match(await host.client.ask('mod.mute', { participant_id: ada.id, source: 'microphone' }), {
    t: 'ok',
  });
  const [microphone] = await usNode.node.publications({ roomId, epoch });
  t.equal(microphone?.muted, true, 'what is said reaches the other side');
});
