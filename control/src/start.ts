import { mkdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { createNode, type Engine, type NodeOptions } from '../../lib/index.js';
import { buildAdmin } from './admin.js';
import { buildApp } from './app.js';
import { systemClock } from './clock.js';
import { type Config, hostInUrl, passcodeLimits, projectRoot } from './config.js';
import { defaultSignalingLimits } from './domains/signaling/service.js';
import { systemIds } from './ids.js';
import { KeyRing } from './keys/key-ring.js';
import { InProcessNode } from './nodes/in-process-node.js';
import { listenAddresses } from './nodes/listen-addresses.js';
import type { App } from './plugins/app-types.js';
import { accountRules, buildServices } from './services.js';
import { defaultDataFolder } from './store/data-folder.js';
import { Database, type DatabaseAddress } from './store/database.js';
import { launchEmbeddedPostgres } from './store/embedded-postgres.js';
import { lockFolder } from './store/folder-lock.js';
import { ensurePartitions, keepHouse } from './store/housekeeping.js';
import { migrate } from './store/migrator.js';
import { FileObjects } from './store/objects.js';

/** For each part, so that the database is always reached. */
const patienceMs = 300;
/** For the other side of a WebSocket to answer its close. */
const farewellMs = 100;

export type Stop = () => Promise<void> | void;

export interface StartOptions {
  /** What stops each part is pushed here as soon as it runs, also when a later part fails. */
  stops: Stop[];
  log: FastifyBaseLogger;
  /** In place of the native engine. */
  engine?: Engine;
}

export interface Started {
  /** Of the web client. */
  address: string;
  /** Makes the first account, an administrator's; null while there is one. */
  setupLink: string | null;
}

/** Starts everything one machine needs, in the order in which things stand on each other. */
export async function start(config: Config, options: StartOptions): Promise<Started> {
  const { stops, log } = options;
  const clock = systemClock;
  const ids = systemIds(clock);
  const folder = config.dataFolder ?? defaultDataFolder(projectRoot);
  mkdirSync(folder, { recursive: true });
  stops.push(lockFolder(folder));
  const keys = KeyRing.open(folder);
  const database = await openDatabase(config.databaseUrl, folder, stops);
  await migrate(database, join(projectRoot, 'control/migrations'));
  await ensurePartitions(database, clock.now());
  stops.push(keepHouse(database, clock, (err) => log.error({ err }, 'housekeeping failed')));

  const media = createNode(nodeOptions(config, options.engine));
  media.on('refused', (err) => log.error({ err }, 'the engine refused a command'));
  const node = new InProcessNode(media).client;
  stops.push(within(patienceMs, () => node.close()));
  const iceServers: never[] = [];
  const services = buildServices({
    database,
    node,
    keys,
    clock,
    ids,
    log,
    nodeId: 'local',
    iceServers,
    anonymousMeetings: config.anonymousMeetings,
    accounts: accountRules(config),
    bus: null,
    objects: new FileObjects(join(folder, 'objects')),
    joinMisses: { perSecond: config.joinMissesPerMinute / 60, burst: config.joinMissesPerMinute },
    passcodes: passcodeLimits(config),
    signalingLimits: defaultSignalingLimits,
  });
  stops.push(within(patienceMs, () => services.outbox.stop()));
  services.outbox.start();
  await services.rooms.restore();
  stops.push(await services.sessions.watch());

  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const app = await buildApp({ config, services, keys, clock, ids, log, version, iceServers });
  const admin = buildAdmin(services.metrics, node);
  stops.push(within(patienceMs, () => closeApp(app)));
  stops.push(within(patienceMs, () => services.rooms.shutDown()));
  stops.push(within(patienceMs, () => admin.close()));
  stops.push(() => services.health.drain());
  await admin.listen({ host: '127.0.0.1', port: config.adminPort });
  const address = await app.listen({ host: config.host, port: config.port });
  const origin = `http://${hostInUrl(config.host)}:${new URL(address).port || config.port}`;
  const setupToken = await services.users.makeSetupToken();
  const setupLink = setupToken && `${config.publicOrigin ?? origin}/setup#t=${setupToken}`;
  return { address: `${origin}/`, setupLink };
}

async function openDatabase(url: string | null, folder: string, stops: Stop[]): Promise<Database> {
  let address: DatabaseAddress;
  if (url !== null) {
    address = { connectionString: url };
  } else {
    const server = await launchEmbeddedPostgres(join(folder, 'postgres'));
    stops.push(() => server.stop());
    await server.ready;
    address = server.address;
  }
  const database = new Database(address);
  stops.push(within(patienceMs, () => database.close()));
  return database;
}

function nodeOptions(config: Config, engine?: Engine): NodeOptions {
  const { host, mediaPort, mediaTcpPort, announce, shards, placement, maxLoad } = config;
  const udp = listenAddresses(host, mediaPort, networkInterfaces());
  const tcp = udp.map((one) => ({ ...one, port: mediaTcpPort ?? 0, protocol: 'tcp' as const }));
  // One port for both inside is one for both outside.
  const tcpPort = mediaTcpPort === mediaPort ? announce?.port : undefined;
  const outside = announce && { ...announce, ...(tcpPort === undefined ? {} : { tcpPort }) };
  return {
    listen: mediaTcpPort === null ? udp : [...udp, ...tcp],
    shards,
    placement,
    maxLoad,
    ...(outside === null ? {} : { announce: [outside] }),
    ...(engine === undefined ? {} : { engine }),
  };
}

async function closeApp(app: App): Promise<void> {
  const timer = setTimeout(() => {
    for (const socket of app.websocketServer.clients) socket.terminate();
  }, farewellMs);
  await app.close();
  clearTimeout(timer);
}

function within(milliseconds: number, stop: () => Promise<unknown>): Stop {
  return async () => {
    await Promise.race([stop(), delay(milliseconds, undefined, { ref: false })]);
  };
}

/** Undoes the start, last first; a failure does not keep the rest from stopping. */
export async function stopAll(stops: Stop[]): Promise<void> {
  for (const stop of stops.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      process.stderr.write(`while stopping: ${(error as Error).message}\n`);
    }
  }
}
