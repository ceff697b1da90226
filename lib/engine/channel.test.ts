import t from 'tap';
import type { PlenumError } from '../errors.js';
import { roomCreate } from '../testing/commands.js';
import { settle } from '../testing/meeting.js';
import { EngineChannel } from './channel.js';
import { decodeCommands } from './contract.gen.js';
import { FakeEngine } from './fake-engine.js';
import { generationOf, indexOf, shardOf } from './handle.js';

function openChannel(shards = 1) {
  const engine = new FakeEngine({ shards });
  const batches: [shard: number, commands: number][] = [];
  const submit = engine.submit.bind(engine);
  engine.submit = (shard, bytes) => {
    batches.push([shard, decodeCommands(bytes).commands.length]);
    submit(shard, bytes);
  };
  const refused: PlenumError[] = [];
  const channel = new EngineChannel(engine, (error) => refused.push(error));
  return { engine, channel, refused, batches };
}

t.test('commands of one turn make one batch per shard', async (t) => {
  const { channel, batches } = openChannel(2);
  const rooms = [0, 1, 0].map((shard) => channel.open('room', shard));
  await Promise.all(rooms.map((room) => channel.request(room, roomCreate(room))));
  t.same(batches, [
    [0, 2],
    [1, 1],
  ]);
});

t.test('handles: an index comes back under its next generation', async (t) => {
  const { channel } = openChannel();
  const first = channel.open('room', 0);
  const second = channel.open('room', 0);
  t.same([indexOf(first), indexOf(second), shardOf(second)], [0, 1, 0]);
  await channel.request(first, roomCreate(first));
  channel.close('room', first, { type: 'roomClose', room: first });
  const third = channel.open('room', 0);
  t.same([indexOf(third), generationOf(third)], [0, 1]);
  t.equal(indexOf(channel.open('transport', 0)), 0, 'each kind counts for itself');
  await channel.request(third, roomCreate(third));
});

t.test('a refusal is an error with the stack of the caller', async (t) => {
  const { engine, channel, refused } = openChannel();
  engine.refuse('roomCreate', 'wrong_state');
  const room = channel.open('room', 0);
  function theCaller() {
    return channel.request(room, roomCreate(room));
  }
  const error = await theCaller().catch((reason: PlenumError) => reason);
  t.match(error, { code: 'internal', detail: 'roomCreate: wrong_state' });
  t.match((error as PlenumError).stack, /theCaller/);
  t.same(refused, [], 'whoever waits is told, nobody else');
  channel.post(room, roomCreate(room));
  await settle();
  t.match(refused, [{ code: 'internal' }]);
});

t.test('events find their object until it is closed', async (t) => {
  const { engine, channel } = openChannel();
  const seen: string[] = [];
  const transport = channel.open('transport', 0, (event) => seen.push(event.type));
  engine.connect(transport);
  await settle();
  channel.forget('transport', transport);
  engine.connect(transport);
  await settle();
  t.same(seen, ['transportState', 'transportState']);
});

t.test('what cannot be encoded is refused, the channel goes on', async (t) => {
  const { channel } = openChannel();
  const room = channel.open('room', 0);
  const broken = { ...roomCreate(room), speakerIntervalMs: -1 };
  await t.rejects(channel.request(room, broken), { code: 'internal' });
  await channel.request(room, roomCreate(room));
});

t.test('after shutting down nothing is waited for', async (t) => {
  const { channel, refused } = openChannel();
  const room = channel.open('room', 0);
  const pending = channel.request(room, roomCreate(room));
  channel.shutDown();
  channel.shutDown();
  await t.rejects(pending, { code: 'engine_closed' });
  await t.rejects(channel.request(room, roomCreate(room)), { code: 'engine_closed' });
  channel.post(room, roomCreate(room));
  t.throws(() => channel.stats(), { code: 'engine_closed' });
  t.same(refused, []);
});
