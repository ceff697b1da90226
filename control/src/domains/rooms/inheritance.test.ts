/** Rooms that cannot be taken at a start: tried again soon, and not only when it looks for what was left. */
import t, { type Test } from 'tap';
import { ControlError } from '../../control-error.js';
import type { Database, Row } from '../../store/database.js';
import { createMeeting, enter, resumeWith, TestClient } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { eventually } from '../../testing/test-redis.js';

const server = await testServer(t);

/** A database of which so many reads of seats fail. */
function failing(database: Database, fails: { error: Error; left: number }): Database {
  const own: Database = Object.create(database);
  own.query = async <Result extends object = Row>(sql: string, values?: unknown[]) => {
    if (fails.left > 0 && sql.includes('order by joined_at, lobby_since')) {
      fails.left -= 1;
      throw fails.error;
    }
    return database.query<Result>(sql, values);
  };
  return own;
}

/** A meeting with a host in it, whose process ends, and the next one, to which reading its seats fails at first. */
async function restarted(t: Test, fails: { error: Error; left: number }) {
  const database = await testDatabase(t, server);
  const first = await testControl(t, database);
  const host = await enter(first.origin, await createMeeting(first.origin), { host: true });
  await first.services.rooms.shutDown();
  const clock = new TestClock();
  const lines: string[] = [];
  const { services, origin } = await testControl(t, failing(database, fails), {
    ...{ keys: first.keys, clock },
    log: (line) => lines.push(line),
  });
  const { meeting_id: meetingId } = host.joined.d;
  const complaints = () => lines.filter((line) => line.includes('failed to take a room over'));
  return { clock, fails, host, origin, complaints, room: () => services.rooms.find(meetingId) };
}

/** Lets so much time pass, and waits until the room was tried. */
async function tries({ clock, fails }: Awaited<ReturnType<typeof restarted>>, afterMs: number) {
  const { left } = fails;
  clock.advance(afterMs);
  await eventually('it was tried', async () => fails.left < left || undefined);
}

t.test('a room that could not be taken at a start is tried again soon', async (t) => {
  const process = await restarted(t, { error: new Error('as the test wants it'), left: 3 });
  t.equal(process.room(), undefined);
  t.equal(process.fails.left, 2, 'it was tried');
  await tries(process, 250);
  await tries(process, 500);
  t.equal(process.complaints().length, 3, 'each is told');
  process.clock.advance(1000);
  await eventually('it is here', async () => process.room());
  t.ok(process.clock.monotonic() < 10_000, 'before it looks for what was left');
  const { host, origin } = process;
  const client = await new TestClient(origin).opened();
  client.send('hello', resumeWith(host.joined.d.resume_token, 1));
  t.equal((await client.type('joined')).d.participant_id, host.id);
});

t.test('while a dependency is away: each second, and nothing is said', async (t) => {
  const error = new ControlError('dependency_down', 'as the test wants it');
  const process = await restarted(t, { error, left: 6 });
  for (const afterMs of [250, 500, 1000, 1000, 1000]) await tries(process, afterMs);
  process.clock.advance(1000);
  await eventually('it is here', async () => process.room());
  t.strictSame(process.complaints(), []);
});

t.test('what a process leaves later is found when it looks', async (t) => {
  const database = await testDatabase(t, server);
  const first = await testControl(t, database);
  const clock = new TestClock();
  const { services } = await testControl(t, database, { keys: first.keys, clock });
  const { joined } = await enter(first.origin, await createMeeting(first.origin), { host: true });
  await first.services.rooms.shutDown();
  clock.advance(10_000);
  await eventually('it is here', async () => services.rooms.find(joined.d.meeting_id));
});
