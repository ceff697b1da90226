import t from 'tap';
import { type AnnouncedAddress, candidatesOf } from './announce.js';
import { CONTRACT_VERSION, decodeStats, encodeStats } from './engine/contract.gen.js';
import { FakeEngine } from './engine/fake-engine.js';
import { createNode, PlenumError } from './index.js';
import { acceptOffer, CAMERA, join, openMeeting, publish, settle } from './testing/meeting.js';

t.test('rooms go to the shard with the fewest participants', async (t) => {
  const node = createNode({ engine: new FakeEngine({ shards: 3 }) });
  const rooms = ['a', 'b', 'c'].map((id) => node.createRoom({ id }));
  t.same(
    rooms.map(({ shard }) => shard),
    [0, 1, 2],
  );
  rooms[0]?.addParticipant({ id: 'x' });
  rooms[2]?.addParticipant({ id: 'x' });
  t.equal(node.createRoom({ id: 'd' }).shard, 1);
  t.throws(() => node.createRoom({ id: 'd' }), { code: 'conflict' });
});

t.test('statistics carry the ids of objects', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  await acceptOffer(anna);
  await publish(anna);
  const stats = meeting.node.stats();
  t.match(stats, { rooms: 1, participants: 1, shards: [{ shard: 0 }] });
  t.same(stats.transports, []);
});

t.test('quality is told every 2 s while somebody listens', async (t) => {
  const meeting = openMeeting();
  const { engine, clock, room } = meeting;
  await publish(join(meeting, 'anna'), [CAMERA]);
  await settle();
  const publication = engine.commands.flatMap((command) =>
    command.type === 'publicationCreate' ? command.publication : [],
  )[0] as number;
  const stats = decodeStats(Float64Array.of(CONTRACT_VERSION, 0, 1, 0, 1, 0));
  const [inbound] = stats.inbound;
  engine.readStats = (buffer) => {
    Object.assign(inbound as object, { publication, packetsReceived: 90, packetsLost: 10 });
    const values = encodeStats(stats);
    buffer.set(values.subarray(0, buffer.length));
    return values.length;
  };
  await clock.pass(10_000);
  const told: unknown[] = [];
  const listen = (items: unknown) => told.push(items);
  room.on('quality', listen);
  await clock.pass(2100);
  t.match(told, [[{ participantId: 'anna', uplinkLoss: 0.1, downlinkLoss: 0, score: 3 }]]);
  await clock.pass(2000);
  t.match(told[1], [{ participantId: 'anna', uplinkLoss: 0, score: 5 }]);
  room.off('quality', listen);
  room.close();
  await clock.pass(10_000);
  t.equal(told.length, 2);
  t.equal(clock.waiting, 0);
});

t.test('options out of range', async (t) => {
  const engine = new FakeEngine();
  for (const options of [
    { shards: 0 },
    { shards: 33 },
    { listen: [] },
    { listen: [{ address: 'localhost', port: 1 }] },
    { listen: [{ address: '127.0.0.1', port: 65_536 }] },
    { announce: [{ address: 'example.org' }] },
  ]) {
    t.throws(() => createNode({ engine, ...options }), { code: 'bad_request' });
  }
  const node = createNode({ engine });
  for (const speakerIntervalMs of [0, 10_001, 1.5]) {
    t.throws(() => node.createRoom({ id: 'r', speakerIntervalMs }), { code: 'bad_request' });
  }
  for (const loudest of [-1, 256, 1.5]) {
    t.throws(() => node.createRoom({ id: 'r', loudest }), { code: 'bad_request' });
  }
});

t.test('a closed node', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const answer = publish(anna);
  await settle();
  await answer;
  let closed = 0;
  meeting.node.on('close', () => closed++);
  meeting.node.close();
  meeting.node.close();
  t.equal(closed, 1);
  t.equal(anna.publishTransport.state, 'closed');
  t.throws(() => meeting.node.createRoom({ id: 'r' }), { code: 'closed' });
  t.throws(() => meeting.node.stats(), PlenumError);
  t.same(meeting.refused, []);
});

t.test('candidates: bound, announced, on all addresses', async (t) => {
  const at = (shard: number, address: string, port: number) => ({
    shard,
    protocol: 'udp' as const,
    address,
    port,
  });
  const bound = [at(0, '10.0.0.1', 40_000), at(0, '::1', 40_000), at(1, '10.0.0.1', 40_001)];
  t.same(
    candidatesOf(0, bound, []).map(({ address, port }) => [address, port]),
    [
      ['10.0.0.1', 40_000],
      ['::1', 40_000],
    ],
  );
  const announced = [{ address: '192.0.2.9', port: 50_000 }, { address: '2001:db8::9' }];
  t.same(
    candidatesOf(0, bound, announced).map(({ address, port }) => [address, port]),
    [
      ['192.0.2.9', 50_000],
      ['2001:db8::9', 40_000],
    ],
  );
  t.match(candidatesOf(1, bound, announced)[0], { address: '192.0.2.9', port: 50_001 });
  const fallback = { shard: 0, protocol: 'tcp' as const, address: '10.0.0.1', port: 40_000 };
  const portsOf = (...announce: AnnouncedAddress[]) =>
    candidatesOf(0, [fallback, ...bound], announce).map(({ protocol, port }) => [protocol, port]);
  t.same(
    portsOf(),
    [
      ['udp', 40_000],
      ['udp', 40_000],
      ['tcp', 40_000],
    ],
    'UDP first',
  );
  t.same(portsOf({ address: '192.0.2.9', port: 5 }), [
    ['udp', 5],
    ['tcp', 40_000],
  ]);
  t.same(portsOf({ address: '192.0.2.9', tcpPort: 443 }), [
    ['udp', 40_000],
    ['tcp', 443],
  ]);
  const everywhere = candidatesOf(0, [at(0, '0.0.0.0', 40_000)], []);
  t.ok(everywhere.length > 0);
  t.notOk(everywhere.some(({ address }) => address === '0.0.0.0'));
});
