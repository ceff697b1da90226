/** Who is told where a room would go if its node were lost, and what a ticket is worth. */
import t, { type Test } from 'tap';
import { systemClock } from '../clock.js';
import { systemIds } from '../ids.js';
import { KeyRing } from '../keys/key-ring.js';
import { Tokens } from '../keys/tokens.js';
import { createMeeting, enter, resumeWith, TestClient } from '../testing/test-client.js';
import { testControl } from '../testing/test-control.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { type TestFleetControl, testFleetControl, testNode } from '../testing/test-fleet.js';
import { publish } from '../testing/test-publishing.js';
import { eventually } from '../testing/test-redis.js';

const server = await testServer(t);
const ids = systemIds(systemClock);
const loss = { direction: 'subscribe', silence_ms: 1250, failed_checks: 2 } as const;

type Entered = Awaited<ReturnType<typeof enter>>;

async function fleetOf(t: Test, count: number) {
  const keys = KeyRing.ephemeral();
  const database = await testDatabase(t, server);
  const logged: string[] = [];
  const log = (line: string) => logged.push(line);
  const control = await testFleetControl(t, { database, keys, log });
  const nodes = [];
  for (let made = 0; made < count; made++) nodes.push(await testNode(t, control));
  await knows(control, nodes);
  const meeting = await createMeeting(control.origin);
  const host = await enter(control.origin, meeting, { host: true, name: 'Host' });
  const ada = await enter(control.origin, meeting, { name: 'Ada' });
  const room = control.services.rooms.live(host.joined.d.meeting_id);
  const { nodeId } = room.media.placed;
  const agent = nodes.find((node) => node.nodeId === nodeId)?.agent;
  const tokens = new Tokens(keys, systemClock);
  return { control, database, keys, nodes, host, ada, room, nodeId, agent, tokens, logged };
}

async function knows({ fleet }: TestFleetControl, nodes: readonly { nodeId: string }[]) {
  for (const { nodeId } of nodes) {
    await eventually('the node', async () => fleet.nodes.find(nodeId) ?? undefined);
  }
}

/** Counts what a node is asked, and has answered. */
function probesOf({ fleet }: TestFleetControl, nodeId: string) {
  const link = fleet.nodes.link(nodeId);
  if (link === null) throw new Error('there is no such node');
  const ping = link.ping.bind(link);
  const probes = { asked: 0, answered: 0, held: Promise.resolve() };
  link.ping = async (withinMs) => {
    probes.asked += 1;
    await probes.held;
    await ping(withinMs);
    probes.answered += 1;
  };
  return probes;
}

function standbyOf({ joined }: Entered): { node_id: string; ticket: string } {
  const { standby } = joined.d;
  if (standby === undefined) throw new Error('no standby is named');
  return standby;
}

const standbyToken = ({ client }: Pick<Entered, 'client'>) =>
  client.type('token', ({ d }) => d.kind === 'standby');

t.test('where there is one node none is named', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const { joined } = await enter(origin, await createMeeting(origin));
  t.notOk('standby' in joined.d, 'a machine of its own');
  const { ada } = await fleetOf(t, 1);
  t.notOk('standby' in ada.joined.d, 'a fleet of one node');
});

t.test('all are named the same other node, and it is where the room goes', async (t) => {
  const { host, ada, nodeId, agent, tokens, logged } = await fleetOf(t, 5);
  const { epoch, room_id: roomId } = ada.joined.d;
  const { node_id: named, ticket } = standbyOf(ada);
  t.not(named, nodeId);
  t.equal(standbyOf(host).node_id, named);
  const subject = { participantId: ada.id, roomId, nodeId: named };
  t.strictSame(await tokens.verifyStandby(ticket), { ...subject, epochNext: epoch + 1 });

  // Its connection breaks, as that of a machine that hangs: its lease is good for three seconds more.
  agent?.stop();
  t.match(await ada.client.ask('media.lost', { epoch, ...loss, ticket }), { t: 'ok' });
  for (const one of [host, ada]) {
    t.match((await one.client.type('migrate')).d, { node_id: named, epoch: epoch + 1 });
    const { token } = (await standbyToken(one)).d;
    const { epochNext, nodeId: next } = await tokens.verifyStandby(token);
    t.equal(epochNext, epoch + 2);
    t.notOk([nodeId, named].includes(next), 'the next one');
  }
  const reasons = logged.filter((line) => line.includes('a media node is lost'));
  t.equal(reasons.length, 1);
  t.match(reasons[0], /people hear nothing, and it does not answer/, 'before its lease was over');
});

t.test('a node that answers keeps its rooms, whatever one client says', async (t) => {
  const { control, ada, room, nodeId } = await fleetOf(t, 2);
  const { epoch } = ada.joined.d;
  const { ticket } = standbyOf(ada);
  const probes = probesOf(control, nodeId);
  for (let said = 0; said < 3; said++) {
    const answered = probes.answered;
    t.match(await ada.client.ask('media.lost', { epoch, ...loss, ticket }), { t: 'ok' });
    await eventually('it answers', async () => (probes.answered > answered ? true : undefined));
  }
  t.equal(room.key.epoch, epoch);
  t.equal(room.media.placed.nodeId, nodeId);
  t.strictSame(ada.client.ofType('migrate'), []);
  let release = () => {};
  probes.held = new Promise((resolve) => {
    release = resolve;
  });
  for (let said = 0; said < 3; said++) {
    t.match(await ada.client.ask('media.lost', { epoch, ...loss, ticket }), { t: 'ok' });
  }
  t.equal(probes.asked, 4, 'one question at a time');
  release();
  await eventually('it answers', async () => (probes.answered === 4 ? true : undefined));
});

t.test('a ticket is good for its holder, and for where they are', async (t) => {
  const { control, host, ada, room, nodeId, tokens } = await fleetOf(t, 2);
  const { epoch, room_id: roomId } = ada.joined.d;
  const good = { participantId: ada.id, roomId, epochNext: epoch + 1, nodeId };
  const issue = (change: object) => tokens.issueStandby({ ...good, ...change }, ids.next()).token;
  const stranger = new Tokens(KeyRing.ephemeral(), systemClock);
  const probes = probesOf(control, nodeId);
  for (const [name, ticket] of Object.entries({
    'no token': 'a.b.c',
    'of another server': stranger.issueStandby(good, ids.next()).token,
    'of another person': standbyOf(host).ticket,
    'of another room': issue({ roomId: ids.next() }),
    'of an epoch that is over': issue({ epochNext: epoch }),
    'of another kind': (await ada.client.type('token')).d.token,
  })) {
    t.notOk(await control.services.rooms.standbys.honours(room, seatOf(ada), ticket), name);
    t.match(await ada.client.ask('media.lost', { epoch, ...loss, ticket }), { t: 'ok' }, name);
  }
  t.equal(probes.asked, 0, 'nobody looks');
  t.match(await ada.client.ask('media.lost', { epoch, ...loss, ticket: issue({}) }), { t: 'ok' });
  t.equal(probes.asked, 1);

  function seatOf({ id }: Entered) {
    const seat = room.seats.get(id);
    if (seat === undefined) throw new Error('nobody sits there');
    return seat;
  }
});

t.test('the standby takes no more: people are told of another one', async (t) => {
  const { control, host, ada, nodeId, tokens } = await fleetOf(t, 3);
  const { node_id: named } = standbyOf(ada);
  await control.services.nodes.drain(named, 60);
  for (const one of [host, ada]) {
    const { nodeId: next } = await tokens.verifyStandby((await standbyToken(one)).d.token);
    t.notOk([nodeId, named].includes(next));
  }
});

t.test('with another process: who comes back there has a ticket for it', async (t) => {
  const { control, database, keys, nodes, ada, nodeId, agent } = await fleetOf(t, 3);
  const other = await testFleetControl(t, { database, keys });
  await knows(other, nodes);
  await eventually('the first', async () =>
    other.fleet.controls.answering.length > 0 ? true : undefined,
  );
  await publish(ada, ada.joined.d.epoch);
  await control.crash();
  const client = await new TestClient(other.origin).opened();
  client.send('hello', resumeWith(ada.joined.d.resume_token, 1));
  const { d } = await client.type('joined');
  t.match(d, { participant_id: ada.id, transports: 'kept' });
  const named = d.standby?.node_id;
  t.ok(named !== undefined && named !== nodeId);
  t.match(await client.ask('hand.set', { raised: true }), { t: 'ok' }, 'it has arrived');
  agent?.stop();
  const said = { epoch: d.epoch, ...loss, ticket: d.standby?.ticket ?? '' };
  t.match(await client.ask('media.lost', said), { t: 'ok' });
  t.match((await client.type('migrate')).d, { node_id: named, epoch: d.epoch + 1 });
});
