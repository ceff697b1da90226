import { pino } from 'pino';
import t from 'tap';
import { v7 } from 'uuid';
import { systemClock } from '../clock.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { queueContract } from './contract.js';
import { append, LocalReader } from './local-queue.js';

const server = await testServer(t);
const log = pino({ level: 'silent' });

queueContract(
  t,
  'local',
  async (t) => {
    const database = await testDatabase(t, server);
    const rooms = new Map<string, string>();
    const roomOf = (key: string) => {
      const room = rooms.get(key) ?? v7();
      rooms.set(key, room);
      return room;
    };
    return {
      write: (messages) =>
        append(
          database,
          messages.map(({ key, value }) => ({
            meetingId: v7(),
            eventId: v7(),
            roomId: roomOf(key),
            body: `${value}`,
            traceparent: null,
            createdAt: new Date(),
          })),
        ),
      reader: (size) => new LocalReader({ database, clock: systemClock, log }, size),
    };
  },
  ['a', 'b', 'c'],
);

t.test('two processes: a block is handed to one of them', async (t) => {
  const database = await testDatabase(t, server);
  const createdAt = new Date();
  const rows = Array.from({ length: 500 }, (_, index) => ({
    ...{ meetingId: v7(), eventId: v7(), roomId: v7(), traceparent: null, createdAt },
    body: `a ${index}`,
  }));
  await append(database, rows);
  const tokens: string[] = [];
  let inside = 0;
  const readers = [1, 2].map(() => new LocalReader({ database, clock: systemClock, log }, 50));
  for (const reader of readers) {
    t.teardown(() => reader.stop());
    await reader.start(async ({ token }) => {
      inside += 1;
      t.equal(inside, 1);
      await database.query('select 1');
      inside -= 1;
      tokens.push(token);
    });
  }
  while (tokens.length < 10) await Promise.all(readers.map((reader) => reader.settled()));
  t.equal(new Set(tokens).size, 10);
  await Promise.all(readers.map((reader) => reader.settled()));
  t.equal(await readers[0]?.lag(), 0);
});
