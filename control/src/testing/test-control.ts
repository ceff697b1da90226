import { join } from 'node:path';
import { pino } from 'pino';
import type { Test } from 'tap';
import { type AppContext, buildApp } from '../app.js';
import type { Bus } from '../bus/bus.js';
import { MemoryBus } from '../bus/memory-bus.js';
import { type Clock, systemClock } from '../clock.js';
import { type Config, readConfig } from '../config.js';
import { FileKeep, noSecond, type SecondKeep } from '../domains/rooms/service.js';
import type { SignalingContext } from '../domains/signaling/service.js';
import { nobodyElse, type Owners, soleOwner } from '../fleet/elsewhere.js';
import type { NodeFleet } from '../fleet/node-fleet.js';
import { SoleNode } from '../fleet/sole-node.js';
import { systemIds } from '../ids.js';
import { KeyRing } from '../keys/key-ring.js';
import type { Mailer } from '../mail/mailer.js';
import { openMailer } from '../mail/open-mailer.js';
import type { NodeClient } from '../nodes/node-client.js';
import { type Nodes, OneNode } from '../nodes/nodes.js';
import type { App } from '../plugins/app-types.js';
import type { Pass } from '../plugins/elsewhere.js';
import { noRecorders, type Recorders } from '../recorders/recorders.js';
import type { IceServer } from '../schemas/values.js';
import { buildServices, journalWriter, type Services } from '../services.js';
import type { Database } from '../store/database.js';
import { FileObjects } from '../store/file-objects.js';
import type { Objects } from '../store/objects.js';
import { RecordingNode } from './recording-node.js';
import { testFolder } from './test-database.js';

export interface TestControl {
  app: App;
  services: Services;
  database: Database;
  keys: KeyRing;
  node: RecordingNode;
  keep: FileKeep;
  /** `http://127.0.0.1:port`, after `listen`. */
  origin: string;
}

/** Of any section any setting. */
export type SomeConfig = { [Section in keyof Config]?: Partial<Config[Section]> };

export interface TestControlOptions {
  config?: SomeConfig;
  clock?: Clock;
  keys?: KeyRing;
  /** Of this process alone unless given. */
  bus?: Bus;
  /** In place of files in a folder of the test's own; so with the objects. */
  mailer?: Mailer;
  objects?: Objects;
  /** In place of the recording one. */
  node?: NodeClient;
  /** In place of one node. */
  nodes?: Nodes;
  fleet?: NodeFleet;
  recorders?: Recorders;
  owners?: Owners;
  pass?: Pass;
  passSocket?: SignalingContext['passSocket'];
  /** Which has a copy of what is kept. */
  second?: SecondKeep;
  /** Where it is kept, in place of a folder of the test's own. */
  keptIn?: string;
  /** Before rooms are restored. */
  open?: (served: { services: Services; app: App; keep: FileKeep }) => Promise<void>;
  iceServers?: readonly IceServer[];
  /** Takes each line of the log, as JSON. */
  log?: (line: string) => void;
}

/** Tests send much at once; the ones about limits set them. */
const generous = {
  PLENUM_CONFIG: 'none',
  PLENUM_LIMITS_REQUESTS_PER_MINUTE: '100000',
  PLENUM_LIMITS_USER_REQUESTS_PER_MINUTE: '100000',
  PLENUM_LIMITS_KEY_REQUESTS_PER_MINUTE: '100000',
  PLENUM_LIMITS_JOIN_MISSES_PER_MINUTE: '100000',
  PLENUM_LIMITS_ACCOUNT_LOGINS_PER_MINUTE: '100000',
  PLENUM_LIMITS_ADDRESS_LOGINS_PER_MINUTE: '100000',
};

/** The defaults, with generous limits, and over them what a test says. */
export function testConfig(some: SomeConfig = {}): Config {
  const config = readConfig([], generous);
  for (const [section, values] of Object.entries(some)) {
    Object.assign(config[section as keyof Config], values);
  }
  return config;
}

/** Of the one that stands for all. */
const testNodeId = '0190a5d0-0000-7000-8000-00000000000a';

/** The whole of control on a real database, with a recording node unless another is given. */
export async function testControl(
  t: Test,
  database: Database,
  options: TestControlOptions = {},
): Promise<TestControl> {
  // Also what is written whatever the level is goes nowhere else.
  const write = options.log ?? (() => {});
  const log = pino({ level: options.log === undefined ? 'silent' : 'info' }, { write });
  const clock = options.clock ?? systemClock;
  const ids = systemIds(clock);
  const keys = options.keys ?? KeyRing.ephemeral();
  const recording = new RecordingNode();
  const config = testConfig(options.config);
  const context = {
    config,
    database,
    nodes: options.nodes ?? new OneNode(testNodeId, options.node ?? recording),
    fleet:
      options.fleet ??
      (await SoleNode.open(database, recording, { ids, clock, name: 'test', region: 'local' })),
    owners: options.owners ?? soleOwner(ids.next()),
    pass: options.pass ?? nobodyElse.pass,
    passSocket: options.passSocket ?? nobodyElse.passSocket,
    keys,
    clock,
    ids,
    log,
    recorders: options.recorders ?? noRecorders,
    iceServers: options.iceServers ?? [],
    bus: options.bus ?? new MemoryBus(clock),
    mailer:
      options.mailer ?? openMailer({ ...config.mail, folder: join(testFolder(t), 'mail'), ids }),
    objects: options.objects ?? new FileObjects(join(testFolder(t), 'objects')),
  };
  const keep = new FileKeep({
    ...{ database, log, writer: journalWriter, controlId: context.owners.controlId },
    second: options.second ?? noSecond,
    folder: options.keptIn ?? join(testFolder(t), 'kept'),
  });
  await keep.recover();
  const services = buildServices({ ...context, keep });
  const app = await buildApp({ ...context, services, version: '0' } satisfies AppContext);
  await options.open?.({ services, app, keep });
  await services.rooms.restore();
  const stopWatching = await services.sessions.watch();
  t.teardown(async () => {
    stopWatching();
    await services.rooms.shutDown();
    await keep.close();
    await services.outbox.stop();
    await services.webhooks.dispatcher.stop();
    await services.kept.stop();
    services.health.drain();
    for (const socket of app.websocketServer.clients) socket.terminate();
    await app.close();
  });
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, services, database, keys, node: recording, keep, origin };
}
