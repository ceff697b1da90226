/** What the forwarder says of an outage, on a real Postgres and a port at which nobody listens. */
import t from 'tap';
import { v7 } from 'uuid';
import { TestClock } from '../testing/test-clock.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { claimPort } from '../testing/test-ports.js';
import { QueueForwarder } from './forwarder.js';
import type { QueueLog } from './kafka-client.js';
import { KafkaWriter } from './kafka-writer.js';
import { append } from './local-queue.js';
import type { QueueWriter } from './queue.js';
import { type KafkaAddress, readQueueAddress } from './queue-address.js';

const server = await testServer(t);

t.test('an outage is said once, and its end; the next one again', async (t) => {
  const database = await testDatabase(t, server);
  const lines: string[] = [];
  const say = (_: object, message: string) => void lines.push(message);
  const log: QueueLog = { debug: () => {}, info: say, warn: say };
  const nobody = `kafka://127.0.0.1:${await claimPort()}/events`;
  const away = new KafkaWriter(readQueueAddress(nobody) as KafkaAddress, log);
  let taken = 0;
  const present: QueueWriter = {
    write: async (messages) => {
      taken += messages.length;
    },
    close: async () => {},
  };
  let writer: QueueWriter = away;
  const clock = new TestClock();
  const forwarder = new QueueForwarder({
    ...{ database, clock, log },
    writer: { write: (messages) => writer.write(messages), close: () => away.close() },
  });
  t.teardown(() => forwarder.stop());
  const turn = async () => {
    clock.advance(1000);
    await forwarder.settled();
  };
  const outage = async () => {
    writer = away;
    await append(database, [
      {
        ...{ meetingId: v7(), eventId: v7(), roomId: v7(), body: '{}', traceparent: null },
        createdAt: new Date(),
      },
    ]);
    for (let tries = 0; tries < 2; tries += 1) await turn();
    t.equal(await forwarder.pending(), 1, 'it waits');
    writer = present;
    await turn();
    t.equal(await forwarder.pending(), 0);
  };
  const told = ['Kafka does not take events: they wait in Postgres', 'Kafka takes events again'];
  forwarder.start();
  await forwarder.settled();
  await outage();
  t.strictSame(lines, told);
  await outage();
  t.strictSame(lines, [...told, ...told]);
  t.equal(taken, 2);
});
