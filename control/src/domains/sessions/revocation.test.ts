import { pino } from 'pino';
import t, { type Test } from 'tap';
import type { Bus } from '../../bus/bus.js';
import { hashSecret } from '../../ids.js';
import { SecurityLog } from '../../security-log.js';
import { makeUser, type TestUser } from '../../testing/test-accounts.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { SessionsService } from './service.js';

const server = await testServer(t);

/**
 * A bus that forgets nothing: records outlive their time, and what was deleted comes back, as after a
 * failover of Redis to a replica that had not heard of it. It can also be unreachable.
 */
class ResurrectingBus
  implements Pick<Bus, 'isShared' | 'get' | 'set' | 'delete' | 'publish' | 'subscribe'>
{
  readonly isShared = true;
  readonly records = new Map<string, string>();
  readonly listeners = new Set<(message: string) => void>();
  reads = 0;
  isDown = false;
  isDeaf = false;

  async get(key: string) {
    this.fail();
    this.reads += 1;
    return this.records.get(key) ?? null;
  }
  async set(key: string, value: string) {
    this.fail();
    this.records.set(key, value);
  }
  async delete() {
    this.fail();
  }
  async publish(_channel: string, message: string) {
    this.fail();
    if (!this.isDeaf) for (const listener of this.listeners) listener(message);
  }
  async subscribe(_channel: string, listener: (message: string) => void) {
    this.fail();
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  private fail() {
    if (this.isDown) throw new Error('the bus is down');
  }
}

const tokenOf = (user: TestUser) => user.headers.cookie.split('=')[1] as string;

/** Two control processes on one database and one bus, and somebody who is logged in. */
async function twoProcesses(t: Test) {
  const database = await testDatabase(t, server);
  const clock = new TestClock();
  const bus = new ResurrectingBus();
  const first = await testControl(t, database, { clock, bus: bus as unknown as Bus });
  const user = await makeUser(first);
  const second = new SessionsService({
    database,
    bus: bus as unknown as Bus,
    clock,
    ids: { next: () => '', meetingCode: () => '', secret: () => '' },
    adminSecondFactor: 'required',
    security: new SecurityLog(pino({ enabled: false }), clock),
  });
  const { sessions } = first.services;
  // The looks are the test's own, one by one.
  const look = () => Promise.all([sessions.revocations.look(), second.revocations.look()]);
  return { database, clock, bus, sessions, second, user, look };
}

t.test('a cached record answers while the view of revocations is fresh', async (t) => {
  const { database, clock, bus, second, user, look } = await twoProcesses(t);
  await look();
  t.match(await second.authenticate(tokenOf(user)), { userId: user.userId });
  t.equal(bus.records.size, 1);
  t.notMatch(JSON.stringify([...bus.records]), tokenOf(user), 'kept under the hash');
  // Behind the cache's back, so that the answer tells where it came from.
  await database.query('update login_sessions set token_hash = $1', [hashSecret('moved')]);
  t.match(await second.authenticate(tokenOf(user)), { userId: user.userId }, 'from the cache');
  clock.advance(999);
  t.match(await second.authenticate(tokenOf(user)), { userId: user.userId });
  clock.advance(1);
  t.equal(await second.authenticate(tokenOf(user)), null, 'the view is a second old: Postgres');
  await look();
  t.match(await second.authenticate(tokenOf(user)), { userId: user.userId }, 'fresh again');
  clock.advance(59_000);
  await look();
  t.equal(await second.authenticate(tokenOf(user)), null, 'no record is believed for a minute');
});

t.test('revoked here: refused there within a second, though the bus brings it back', async (t) => {
  const { bus, clock, sessions, second, user, look } = await twoProcesses(t);
  await look();
  t.ok(await second.authenticate(tokenOf(user)));
  const before = new Map(bus.records);
  bus.isDeaf = true;
  await sessions.revoke(user.userId, user.sessionId);
  t.equal(await sessions.authenticate(tokenOf(user)), null, 'here at once');
  await bus.delete();
  for (const [key, record] of before) bus.records.set(key, record);
  await look();
  t.equal(await second.authenticate(tokenOf(user)), null, 'there after the next look');
  for (let seconds = 0; seconds < 180; seconds += 10) {
    clock.advance(10_000);
    await look();
    t.equal(await second.authenticate(tokenOf(user)), null, `after ${seconds} s`);
  }
});

t.test('without any look the record stops counting after a second', async (t) => {
  const { bus, clock, sessions, second, user, look } = await twoProcesses(t);
  await look();
  t.ok(await second.authenticate(tokenOf(user)));
  bus.isDeaf = true;
  await sessions.revokeAll(user.userId);
  clock.advance(1000);
  t.equal(await second.authenticate(tokenOf(user)), null);
});

t.test('a process that starts after the revocation knows of it too', async (t) => {
  const { bus, clock, database, sessions, user, look } = await twoProcesses(t);
  await look();
  t.ok(await sessions.authenticate(tokenOf(user)), 'it is cached');
  bus.isDeaf = true;
  await sessions.revoke(user.userId, user.sessionId);
  const third = new SessionsService({
    database,
    bus: bus as unknown as Bus,
    clock,
    ids: { next: () => '', meetingCode: () => '', secret: () => '' },
    adminSecondFactor: 'required',
    security: new SecurityLog(pino({ enabled: false }), clock),
  });
  await third.revocations.look();
  t.equal(await third.authenticate(tokenOf(user)), null);
});

t.test('a transaction that commits late is not missed', async (t) => {
  const { bus, database, second, user, look } = await twoProcesses(t);
  await look();
  t.ok(await second.authenticate(tokenOf(user)));
  bus.isDeaf = true;
  await database.transaction(async (tx) => {
    await tx.query(
      `update login_sessions set revoked_at = clock_timestamp() - interval '9 s'
       where user_id = $1`,
      [user.userId],
    );
    await second.revocations.look();
    t.ok(await second.authenticate(tokenOf(user)), 'not committed');
  });
  await second.revocations.look();
  t.equal(await second.authenticate(tokenOf(user)), null);
});

t.test('a notice on the bus is sooner than any look', async (t) => {
  const { sessions, second, user, look } = await twoProcesses(t);
  const stop = await second.watch();
  t.teardown(stop);
  await look();
  t.ok(await second.authenticate(tokenOf(user)));
  await sessions.revoke(user.userId, user.sessionId);
  t.ok(second.revocations.has(user.sessionId));
  t.equal(await second.authenticate(tokenOf(user)), null);
});

t.test('a bus that is down costs a look into Postgres, nothing else', async (t) => {
  const { bus, sessions, second, user, look } = await twoProcesses(t);
  await look();
  bus.isDown = true;
  t.ok(await second.authenticate(tokenOf(user)));
  await sessions.revoke(user.userId, user.sessionId);
  t.equal(await second.authenticate(tokenOf(user)), null);
});

t.test('a real process looks by itself', async (t) => {
  const database = await testDatabase(t, server);
  const bus = new ResurrectingBus();
  const { services } = await testControl(t, database, { bus: bus as unknown as Bus });
  const { revocations } = services.sessions;
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  };
  await until(() => revocations.isFresh);
  const sessionId = '01890000-0000-7000-8000-000000000001';
  await database.query(
    `insert into login_sessions values (gen_random_uuid(), $1, 'x', '', false, now(), now(),
       now(), clock_timestamp())`,
    [sessionId],
  );
  await until(() => revocations.has(sessionId));
  t.pass('seen without being told');
});
