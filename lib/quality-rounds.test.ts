import t from 'tap';
import { CONTRACT_VERSION, decodeStats, encodeStats } from './engine/contract.gen.js';
import type { LiveParticipant } from './participant.js';
import type { Room } from './room.js';
import { openMeeting, settle } from './testing/meeting.js';

/** Rooms of so many people each, of whose transports the engine knows. */
async function fullRooms(count: number, people: number) {
  const meeting = openMeeting();
  const { node, engine } = meeting;
  const rooms = Array.from({ length: count }, (_, index) => node.createRoom({ id: `r${index}` }));
  const inside = rooms.flatMap((room) =>
    Array.from({ length: people }, (_, index) =>
      room.addParticipant({ id: `p${index}`, slots: { audio: 1, video: 1 } }),
    ),
  );
  await settle();
  const stats = decodeStats(Float64Array.of(CONTRACT_VERSION, 0, 1, inside.length, 0, 0));
  inside.forEach((participant, index) => {
    const { handle } = (participant as LiveParticipant).subscribeTransport;
    Object.assign(stats.transports[index] as object, { handle });
  });
  engine.readStats = (buffer) => {
    const values = encodeStats(stats);
    buffer.set(values.subarray(0, buffer.length));
    return values.length;
  };
  return { ...meeting, rooms };
}

function listen(rooms: readonly Room[]) {
  const told: string[] = [];
  for (const room of rooms) room.on('quality', ({ length }) => told.push(`${room.id} ${length}`));
  return told;
}

t.test('some rooms in a turn, each once in a round', async (t) => {
  const { clock, node, rooms } = await fullRooms(5, 60);
  const told = listen(rooms);
  await clock.pass(2010);
  t.equal(told.length, 2, 'the first hundred people');
  await clock.pass(25);
  t.equal(told.length, 4);
  await clock.pass(100);
  t.strictSame(told.toSorted(), ['r0 60', 'r1 60', 'r2 60', 'r3 60', 'r4 60']);
  await clock.pass(1850);
  t.equal(told.length, 5, 'not before 2 s are over');
  await clock.pass(150);
  t.equal(told.length, 10);
  node.close();
  await clock.pass(5000);
  t.equal(told.length, 10);
  t.equal(clock.waiting, 0);
});

t.test('a room that closes, and a node that does, between two turns', async (t) => {
  const { clock, node, rooms } = await fullRooms(3, 120);
  const told = listen(rooms);
  await clock.pass(2010);
  t.equal(told.length, 1);
  rooms[1]?.close();
  await clock.pass(100);
  t.strictSame(told.toSorted(), ['r0 120', 'r2 120']);
  rooms[0]?.on('quality', () => node.close());
  await clock.pass(5000);
  t.ok(told.length < 4, 'nobody is told by a node that is closed');
  rooms[2]?.on('quality', () => {});
  t.equal(clock.waiting, 0, 'who listens to it now starts nothing');
});

t.test('a listener that throws ends its own turn only', async (t) => {
  const { clock, rooms } = await fullRooms(2, 120);
  const told = listen(rooms);
  rooms[0]?.once('quality', () => {
    throw new Error('a fault of the application');
  });
  await t.rejects(clock.pass(2010), { message: 'a fault of the application' });
  await clock.pass(4000);
  t.ok(told.filter((line) => line === 'r0 120').length >= 2);
  t.ok(told.filter((line) => line === 'r1 120').length >= 2);
});
