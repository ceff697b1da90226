import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import type { Test } from 'tap';
import { buildAdmin, buildNodeAdmin } from '../../../control/src/admin.js';
import { systemClock } from '../../../control/src/clock.js';
import { InProcessNode } from '../../../control/src/nodes/in-process-node.js';
import { type KafkaAddress, readQueueAddress } from '../../../control/src/queue/queue-address.js';
import { openLocalRecorder } from '../../../control/src/roles/local-recorder.js';
import { openSink } from '../../../control/src/sink/open-sink.js';
import { buildSinkAdmin } from '../../../control/src/sink/sink-admin.js';
import { testConfig, testControl } from '../../../control/src/testing/test-control.js';
import {
  testDatabase,
  testFolder,
  testServer,
} from '../../../control/src/testing/test-database.js';
import { createNode, FakeEngine } from '../../../lib/index.js';

/** Nobody listens there: what is shown of a queue is shown all the same. */
const queue = 'kafka://127.0.0.1:9/plenum.events';

/** `/metrics` of each process of a fleet, as its role shows it. */
export interface Pages {
  control: string;
  node: string;
  sink: string;
  recorder: string;
}

export async function fleetPages(t: Test): Promise<Pages> {
  const pages = [controlPage(t), nodePage(t), sinkPage(), recorderPage(t)] as const;
  const [control, node, sink, recorder] = await Promise.all(pages);
  return { control, node, sink, recorder };
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

async function recorderPage(t: Test): Promise<string> {
  const log = pino({ level: 'silent' });
  const folder = testFolder(t);
  const config = testConfig({ data: { folder }, recorder: { folder: join(folder, 'recorder') } });
  const recorder = await openLocalRecorder(config, 'recorder', log);
  t.teardown(() => recorder.close());
  const shown = { node: recorder, isInContact: () => true, certificateDaysLeft: () => 30 };
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
