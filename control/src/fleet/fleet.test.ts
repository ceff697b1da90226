/** Media nodes and a control process, over real TLS on loopback. */

import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import t, { type Test } from 'tap';
import { createNode, FakeEngine } from '../../../lib/index.js';
import { systemClock } from '../clock.js';
import { findNode } from '../domains/nodes/repository.js';
import { systemIds } from '../ids.js';
import { KeyRing } from '../keys/key-ring.js';
import { InProcessNode } from '../nodes/in-process-node.js';
import { pageOf } from '../plugins/page.js';
import { testConfig } from '../testing/test-control.js';
import { testDatabase, testFolder, testServer } from '../testing/test-database.js';
import {
  agentOf,
  enrolmentToken,
  type TestFleetControl,
  testFleetControl,
  testNode,
} from '../testing/test-fleet.js';
import { claimPort } from '../testing/test-ports.js';
import { eventually } from '../testing/test-redis.js';
import { dialWith } from './dial.js';
import { makeKeyPair } from './identity.js';
import { NodeCredentials } from './node-credentials.js';

const server = await testServer(t);
const ids = systemIds(systemClock);
const room = { roomId: 'a room', epoch: 1 };

interface World extends TestFleetControl {
  /** Each as it happens: `found <id>`, `lost <id>`. */
  news: string[];
  next(): Promise<string>;
  /** Security events about nodes, so far. */
  security(): string[];
}

async function testFleet(t: Test): Promise<World> {
  const database = await testDatabase(t, server);
  const logged: string[] = [];
  const control = await testFleetControl(t, {
    ...{ database, keys: KeyRing.ephemeral() },
    log: (line) => logged.push(line),
  });
  const news: string[] = [];
  const waiting: ((told: string) => void)[] = [];
  const tell = (told: string) => {
    const next = waiting.shift();
    if (next === undefined) news.push(told);
    else next(told);
  };
  control.fleet.nodes.listen({
    event: () => {},
    described: ({ nodeId }) => tell(`found ${nodeId}`),
    lost: (nodeId) => tell(`lost ${nodeId}`),
    draining: () => {},
  });
  const next = () => {
    const known = news.shift();
    if (known !== undefined) return Promise.resolve(known);
    return new Promise<string>((resolve) => waiting.push(resolve));
  };
  const security = () =>
    logged
      .map((line) => JSON.parse(line) as { security?: string })
      .flatMap(({ security }) => (security?.startsWith('node.') ? [security] : []));
  return { ...control, news, next, security };
}

/** Passes TCP on, and can be cut. */
async function testRelay(t: Test, to: string) {
  const [host = '', port] = to.split(':');
  const open = new Set<Socket>();
  const relay: Server = createServer((from) => {
    const onward = connectTcp(Number(port), host);
    for (const socket of [from, onward]) {
      open.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        for (const other of [from, onward]) other.destroy();
      });
    }
    from.pipe(onward).pipe(from);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  t.teardown(() => {
    cut();
    relay.close();
  });
  const { port: own } = relay.address() as { port: number };
  return { address: `127.0.0.1:${own}`, cut };
}

t.test('a token makes one node, which opens rooms and tells what happens there', async (t) => {
  const world = await testFleet(t);
  const token = await enrolmentToken(world);
  const config = testConfig({ node: { token, controls: [world.fleet.address] } });
  await NodeCredentials.open(join(testFolder(t), 'first'), config, { clock: systemClock });
  const second = NodeCredentials.open(join(testFolder(t), 'second'), config, {
    clock: systemClock,
  });
  await t.rejects(second, /used or too old/);

  const { nodeId, node } = await testNode(t, world);
  t.equal(await world.next(), `found ${nodeId}`);
  const placed = world.fleet.nodes.place();
  t.equal(placed.nodeId, nodeId);
  const { client } = placed;
  const { participantIds, links } = await client.openRoom(room);
  t.strictSame([participantIds, links], [[], []], 'nothing is in it');
  const slots = { audio: 1, video: 1 };
  await client.addParticipant({ ...room, participantId: 'ada', slots });
  t.strictSame(node.description(), [{ ...room, participants: 1 }]);
  const adopted = await client.openRoom({ ...room, epoch: 2, adopt: true });
  t.strictSame(adopted.participantIds, ['ada']);
  await t.rejects(client.openRoom(room), { code: 'stale_epoch' });
  const late = client.addParticipant({ ...room, participantId: 'bob', slots });
  await t.rejects(late, { code: 'stale_epoch' });
  const ada = { ...room, epoch: 2, participantId: 'ada' };
  await t.rejects(client.publishRemove({ ...ada, publicationId: 'x' }), {
    code: 'unknown_publication',
  });
  await client.subscribeRestart(ada).catch(() => {});
  await client.removeParticipant(ada);
  await client.closeRoom({ ...room, epoch: 2 });
  t.strictSame(node.description(), []);
});

t.test('a cut costs nothing: what was said meanwhile arrives, once and in order', async (t) => {
  const world = await testFleet(t);
  const relay = await testRelay(t, world.fleet.address);
  // Nobody listens there on this machine, as when a node names an address of inside, or a wildcard.
  const probe = { address: '127.0.0.1', port: await claimPort() };
  const { nodeId } = await testNode(t, world, { address: relay.address, probe });
  t.equal(await world.next(), `found ${nodeId}`);
  const { client } = world.fleet.nodes.place();
  await client.openRoom(room);
  const calls: Promise<unknown>[] = [];
  for (let n = 0; n < 60; n++) {
    if (n % 15 === 5) relay.cut();
    const participantId = `p${n}`;
    calls.push(client.addParticipant({ ...room, participantId, slots: { audio: 0, video: 0 } }));
    await new Promise(setImmediate);
  }
  await Promise.all(calls);
  const { participantIds } = await client.openRoom(room);
  t.strictSame(
    participantIds,
    Array.from({ length: 60 }, (_, n) => `p${n}`),
  );
  t.strictSame(world.news, [], 'nobody was lost');
});

t.test('who is not of the fleet, or not any more, gets nowhere', async (t) => {
  const world = await testFleet(t);
  const { nodeId, credentials, node } = await testNode(t, world);
  await world.next();
  const { key } = makeKeyPair();
  const stranger = { ...credentials.current, key };
  const refused = (options: object) =>
    new Promise<boolean>((resolve) => {
      const [host, port] = world.fleet.address.split(':');
      const socket = connectTls({
        ...{ host, port: Number(port), rejectUnauthorized: false, minVersion: 'TLSv1.3' },
        ...options,
      });
      const answers: Buffer[] = [];
      socket.on('error', () => resolve(true));
      socket.on('data', (data) => answers.push(data));
      socket.on('close', () => resolve(!Buffer.concat(answers).includes('101 Switching')));
      const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
      const head = [
        'GET /node HTTP/1.1',
        'Host: x',
        ...upgrade,
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n`);
    });
  t.ok(await refused({}), 'no certificate');
  const other = await testFleet(t);
  const foreign = await testNode(t, other);
  const { key: foreignKey, certificate: cert } = foreign.credentials.current;
  t.ok(await refused({ key: foreignKey, cert }), 'of another fleet');
  t.throws(() => connectTls({ key: stranger.key, cert: stranger.certificate }), 'another key');

  const removed = world.services.nodes.remove(nodeId);
  t.equal(await world.next(), `lost ${nodeId}`);
  await removed;
  const own = { key: credentials.current.key, cert: credentials.current.certificate };
  t.ok(await refused(own), 'its certificate opens nothing any more');
  t.throws(() => world.fleet.nodes.place(), { code: 'node_lost' });
  t.strictSame(node.description(), []);
  const events = ['node.token_made', 'node.enrolled', 'node.removed'];
  t.strictSame(world.security(), events);
});

t.test('a node asks for the next certificate, keeps it, and shows it from then on', async (t) => {
  const world = await testFleet(t);
  const { nodeId, agent, credentials, renewed, folder } = await testNode(t, world);
  t.equal(await world.next(), `found ${nodeId}`);
  const before = credentials.current;
  const foreign = await testNode(t, await testFleet(t));
  t.throws(() => credentials.renew(foreign.credentials.current.certificate), /not of this node/);
  t.equal(credentials.current, before, 'nothing is changed by what is not its own');
  agent.askCertificate(credentials.publicKey);
  await renewed;
  t.not(credentials.current.certificate, before.certificate);
  t.equal(credentials.current.key, before.key);
  const file = join(folder, 'node.json');
  t.equal(statSync(file).mode & 0o777, 0o600);
  t.match(JSON.parse(readFileSync(file, 'utf8')), { nodeId, ...credentials.current });
  t.ok(agent.isInContact, 'its connections go on');
  t.strictSame(world.news, []);
  agent.stop();
  const again = new InProcessNode(createNode({ engine: new FakeEngine() })).client;
  t.teardown(() => again.close());
  const dial = dialWith('/node', () => credentials.current);
  agentOf(t, again, { dial, controls: [world.fleet.address] });
  t.equal(await world.next(), `lost ${nodeId}`, 'another incarnation, by the next certificate');
  t.equal(await world.next(), `found ${nodeId}`);
});

t.test('another incarnation of a node: the one before is lost', async (t) => {
  const world = await testFleet(t);
  const { nodeId, agent, credentials } = await testNode(t, world);
  t.equal(await world.next(), `found ${nodeId}`);
  const call = world.fleet.nodes.place().client.openRoom(room);
  agent.stop();
  const node = new InProcessNode(createNode({ engine: new FakeEngine() })).client;
  t.teardown(() => node.close());
  agentOf(t, node, {
    dial: dialWith('/node', () => credentials.current),
    controls: [world.fleet.address],
  });
  t.equal(await world.next(), `lost ${nodeId}`);
  t.equal(await world.next(), `found ${nodeId}`);
  await call.catch((error) => t.match(error, { code: 'node_lost' }));
  const { participantIds, links } = await world.fleet.nodes.place().client.openRoom(room);
  t.strictSame([participantIds, links], [[], []], 'nothing is in it');
});

t.test('drained nodes take no new rooms until they are drained no more', async (t) => {
  const world = await testFleet(t);
  const one = await testNode(t, world);
  const two = await testNode(t, world);
  await Promise.all([world.next(), world.next()]);
  const { services } = world;
  t.match(await services.nodes.drain(one.nodeId), { state: 'draining', unfit: 'draining' });
  for (let n = 0; n < 10; n++) t.equal(world.fleet.nodes.place().nodeId, two.nodeId);
  t.match(await services.nodes.drain(two.nodeId, 60), { state: 'draining' });
  t.throws(() => world.fleet.nodes.place(), { code: 'no_capacity' });
  t.match(await services.nodes.undrain(one.nodeId), {
    state: 'up',
    unfit: null,
    drain_until: null,
  });
  t.equal(world.fleet.nodes.place().nodeId, one.nodeId);
  two.agent.leave();
  await services.nodes.undrain(two.nodeId);
  await t.rejects(services.nodes.get(ids.next()), { code: 'not_found' });
  const { items } = await services.nodes.list(pageOf.read({}));
  t.match(items, [{ node_id: one.nodeId, state: 'up' }, { node_id: two.nodeId }]);
});

t.test('of a lost node it is known when it was there last', async (t) => {
  const world = await testFleet(t);
  const node = await testNode(t, world);
  await world.next();
  const { services, database } = world;
  const up = await services.nodes.get(node.nodeId);
  t.match(up, { state: 'up', version: '0', is_sole: false });
  await eventually('it is written', async () => {
    const record = await findNode(database, node.nodeId);
    return record !== null && record.lastSeenAt > record.enrolledAt ? true : undefined;
  });
  await node.agent.stop();
  t.equal(await world.next(), `lost ${node.nodeId}`);
  const lost = await services.nodes.get(node.nodeId);
  t.match(lost, { state: 'lost', unfit: 'lost', version: null });
  t.ok(lost.last_seen_at > lost.enrolled_at);
});
