import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { Test } from 'tap';
import { buildAdmin, buildNodeAdmin } from '../../../control/src/admin.js';
import { systemClock } from '../../../control/src/clock.js';
import { InProcessNode } from '../../../control/src/nodes/in-process-node.js';
import { type KafkaAddress, readQueueAddress } from '../../../control/src/queue/queue-address.js';
import { openSink } from '../../../control/src/sink/open-sink.js';
import { buildSinkAdmin } from '../../../control/src/sink/sink-admin.js';
import { testControl } from '../../../control/src/testing/test-control.js';
import { testDatabase, testServer } from '../../../control/src/testing/test-database.js';
import { createNode, FakeEngine } from '../../../lib/index.js';

/** Nobody listens there: what is shown of a queue is shown all the same. */
const queue = 'kafka://127.0.0.1:9/plenum.events';

/** `/metrics` of each process of a fleet, as its role shows it. */
export interface Pages {
  control: string;
  node: string;
  sink: string;
}

export async function fleetPages(t: Test): Promise<Pages> {
  const [control, node, sink] = await Promise.all([controlPage(t), nodePage(t), sinkPage()]);
  return { control, node, sink };
}

async function controlPage(t: Test): Promise<string> {
  const database = await testDatabase(t, await testServer(t));
  const { services } = await testControl(t, database, { config: { queue: { url: queue } } });
  return (await buildAdmin(services.metrics, null).inject('/metrics')).body;
}

async function nodePage(t: Test): Promise<string> {
  const node = new InProcessNode(createNode({ engine: new FakeEngine() })).client;
  t.teardown(() => node.close());
  const shown = { node, isInContact: () => true, certificateDaysLeft: () => 30 };
  return (await buildNodeAdmin(shown).inject('/metrics')).body;
}

/** Of a sink that was not started. */
async function sinkPage(): Promise<string> {
  const registry = new Registry();
  const store = { insert: async () => {}, ping: async () => {}, close: async () => {} };
  const log = pino({ level: 'silent' });
  const address = readQueueAddress(queue) as KafkaAddress;
  openSink({ queue: address, store, registry, clock: systemClock, log });
  return (await buildSinkAdmin(registry, store).inject('/metrics')).body;
}
