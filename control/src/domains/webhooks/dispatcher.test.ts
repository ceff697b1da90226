import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { KeyRing } from '../../keys/key-ring.js';
import { Outgoing } from '../../outgoing/outgoing.js';
import { addressOf, testDatabase, testFolder, testServer } from '../../testing/test-database.js';
import { type Received, Receiver } from '../../testing/test-receiver.js';
import { WebhookStage } from '../../testing/test-webhooks.js';
import type { WebhookProcessOptions } from '../../testing/webhook-process.js';
import { WebhookDispatcher } from './service.js';

const server = await testServer(t);
const types = ['participant.joined'];
const perWebhook = 8;

const repeated = (count: number) => Array.from({ length: count }, () => 'participant.joined');

/** As `count` meetings with `each` events, whose webhooks are in the database. */
async function happenings(stage: WebhookStage, count: number, each: number): Promise<void> {
  const host = await stage.account();
  for (let number = 0; number < count; number++) {
    const { meeting } = await stage.meetingOf(host);
    await stage.happen(meeting.meeting_id, repeated(each));
  }
}

/** Each event once or more, first each in the order of its room. */
function inOrder(t: Test, received: readonly Received[]): number {
  const rooms = new Map<string, number[]>();
  const seen = new Set<string>();
  for (const { body } of received) {
    if (seen.has(body.id)) continue;
    seen.add(body.id);
    const room = String(body.room_id);
    rooms.set(room, [...(rooms.get(room) ?? []), Number(body.room_seq)]);
  }
  for (const seqs of rooms.values()) {
    t.strictSame(
      seqs,
      seqs.toSorted((a, b) => a - b),
    );
  }
  return seen.size;
}

t.test('a slow receiver holds up nobody else, and is not flooded', async (t) => {
  const database = await testDatabase(t, server);
  const stage = await WebhookStage.open(t, database);
  const admin = await stage.account({ admin: true });
  const [slow, quick] = [await Receiver.start(t), await Receiver.start(t)];
  slow.reply = () => () => {};
  await stage.webhook(admin, { url: slow.url, types });
  await stage.webhook(admin, { url: quick.url, types });
  await happenings(stage, perWebhook, 3);
  await quick.have(24);
  await slow.have(perWebhook);
  t.equal(slow.received.length, perWebhook, 'so many at a time');
  t.equal(inOrder(t, quick.received), 24);
  // All of them fail: from now on one is tried, after a pause, and the others wait.
  stage.clock.advance(10_000);
  await stage.pass();
  t.equal(slow.received.length, perWebhook);
  await happenings(stage, 1, 1);
  await quick.have(25);
  const { dispatcher } = stage.control.services.webhooks;
  for (const [pauseMs, tries] of [
    [5_000, 9],
    [25_000, 10],
  ] as const) {
    await stage.pass(pauseMs - 1);
    t.equal(slow.received.length, tries - 1);
    stage.clock.advance(1);
    dispatcher.poke();
    await slow.have(tries);
    await happenings(stage, 1, 1);
    await quick.have(25 + tries - perWebhook);
    t.equal(slow.received.length, tries, 'one at a time');
    stage.clock.advance(10_000);
    await stage.pass();
  }
  slow.reply = () => 204;
  await stage.pass(90_000);
  await stage.pass(30_000);
  const left = `select * from webhook_deliveries where state <> 'delivered' or attempts > 3`;
  t.strictSame(await database.query(left), [], 'who waited lost no try');
  t.equal(new Set(slow.received.map(({ body }) => body.id)).size, 27);
});

t.test('whoever changes or tests a webhook has it tried at once', async (t) => {
  const stage = await WebhookStage.open(t, await testDatabase(t, server));
  const ada = await stage.account();
  const [broken, repaired] = [await Receiver.start(t), await Receiver.start(t)];
  broken.reply = () => 500;
  const { webhook_id: id } = await stage.webhook(ada, { url: broken.url, types });
  const { meeting } = await stage.meetingOf(ada);
  for (let count = 1; count <= 6; count++) {
    await stage.request(ada, 'POST', `/${id}/test`);
    await stage.pass();
    t.equal(broken.received.length, count);
  }
  await stage.happen(meeting.meeting_id, types);
  await stage.pass();
  t.equal(broken.received.length, 6, 'it has failed too often');
  const headers = { 'if-match': '*' };
  await stage.request(ada, 'PATCH', `/${id}`, { body: { url: repaired.url }, headers });
  await stage.pass();
  t.strictSame(repaired.types, types);
  await stage.request(ada, 'DELETE', `/${id}`, { headers });
  t.strictSame(await stage.control.database.query('select * from webhook_breakers'), []);
});

t.test('several processes deliver each event once, in the order of its room', async (t) => {
  const database = await testDatabase(t, server);
  const stage = await WebhookStage.open(t, database);
  const { services, keys } = stage.control;
  await services.webhooks.dispatcher.stop();
  const admin = await stage.account({ admin: true });
  const receivers = [await Receiver.start(t), await Receiver.start(t)];
  for (const { url } of receivers) await stage.webhook(admin, { url, types });
  await happenings(stage, 10, 20);
  await services.outbox.settled();
  const results: string[] = [];
  const dispatchers = [1, 2, 3].map(() => {
    const dispatcher = new WebhookDispatcher({
      database,
      keys,
      clock: stage.clock,
      outgoing: new Outgoing({ allowPrivate: true }),
      log: pino({ level: 'silent' }),
      random: () => 0,
      onAttempt: (result) => results.push(result),
    });
    t.teardown(() => dispatcher.stop());
    dispatcher.start();
    return dispatcher;
  });
  const waiting = "select 1 from webhook_deliveries where state = 'waiting'";
  while ((await database.query(waiting)).length > 0) {
    for (const dispatcher of dispatchers) dispatcher.poke();
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.settled()));
  }
  for (const { received } of receivers) {
    t.equal(received.length, 200, 'none twice');
    t.equal(inOrder(t, received), 200, 'none missing');
  }
  t.strictSame([...new Set(results)], ['delivered']);
});

t.test('a stop breaks off what is under way, for the next process at once', async (t) => {
  const database = await testDatabase(t, server);
  const stage = await WebhookStage.open(t, database);
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  receiver.reply = () => () => {};
  const { webhook_id: id } = await stage.webhook(ada, { url: receiver.url });
  await stage.request(ada, 'POST', `/${id}/test`);
  await receiver.have(1);
  await stage.control.services.webhooks.dispatcher.stop();
  const next_attempt_at = new Date(stage.clock.now()).toISOString();
  const [delivery] = await stage.deliveries(ada, id);
  t.match(delivery, { state: 'waiting', attempts: 0, last_error: null, next_attempt_at });
});

t.test('a try that nobody settled is made again when its lease is over', async (t) => {
  const database = await testDatabase(t, server);
  const stage = await WebhookStage.open(t, database);
  const ada = await stage.account();
  const receiver = await Receiver.start(t);
  const { webhook_id: id } = await stage.webhook(ada, { url: receiver.url });
  // What a process leaves behind that dies in the middle of its first try.
  await stage.control.services.webhooks.dispatcher.settled();
  const lease = new Date(stage.clock.now() + 30_000);
  await stage.request(ada, 'POST', `/${id}/test`);
  await stage.pass();
  await database.query(
    `update webhook_deliveries set state = 'waiting', attempts = 1, next_attempt_at = $1,
       delivered_at = null`,
    [lease],
  );
  await stage.pass(29_000);
  t.equal(receiver.received.length, 1);
  await stage.pass(1_000);
  t.equal(receiver.received.length, 2);
  const [first, second] = receiver.received;
  t.equal(first?.text, second?.text);
  t.match(await stage.deliveries(ada, id), [{ state: 'delivered', attempts: 2 }]);
});

t.test('killed in the middle, twice: everything arrives, in order', async (t) => {
  const database = await testDatabase(t, server);
  const folder = testFolder(t);
  const stage = await WebhookStage.open(t, database, { keys: KeyRing.open(folder) });
  await stage.control.services.outbox.stop();
  await stage.control.services.webhooks.dispatcher.stop();
  const admin = await stage.account({ admin: true });
  const receiver = await Receiver.start(t);
  await stage.webhook(admin, { url: receiver.url, types });
  await happenings(stage, 20, 20);
  const [{ name } = { name: '' }] = await database.query<{ name: string }>(
    'select current_database() as name',
  );
  const program = fileURLToPath(new URL('../../testing/webhook-process.js', import.meta.url));
  const options: WebhookProcessOptions = { address: addressOf(server, name), folder };
  const start = () => {
    const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: 'inherit' });
    t.teardown(() => child.kill('SIGKILL'));
    return child;
  };
  for (const until of [30, 200]) {
    const child = start();
    await receiver.have(until);
    child.kill('SIGKILL');
    await once(child, 'exit');
    // A statement that was under way may still take a lease; then the time that a lease takes.
    await database.query(
      `select pg_terminate_backend(pid, 10000) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await database.query(
      `update webhook_deliveries set next_attempt_at = waiting_since where state = 'waiting'`,
    );
  }
  start();
  const distinct = () => new Set(receiver.received.map(({ body }) => body.id)).size;
  while (distinct() < 400) await receiver.have(receiver.received.length + 1);
  t.equal(inOrder(t, receiver.received), 400, 'none is missing');
  t.ok(receiver.received.length <= 400 + 2 * perWebhook, 'again is only what was under way');
});
