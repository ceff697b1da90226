import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { createNode } from '../../lib/index.js';
import { buildAdmin } from './admin.js';
import { buildApp } from './app.js';
import { systemClock } from './clock.js';
import { type Config, hostInUrl, projectRoot, readConfig } from './config.js';
import { defaultSignalingLimits } from './domains/signaling/service.js';
import { systemIds } from './ids.js';
import { KeyRing } from './keys/key-ring.js';
import { InProcessNode } from './nodes/in-process-node.js';
import type { App } from './plugins/app-types.js';
import { buildServices } from './services.js';
import { Database } from './store/database.js';
import { startEmbeddedPostgres } from './store/embedded-postgres.js';
import { lockFolder } from './store/folder-lock.js';
import { ensurePartitions, keepHouse } from './store/housekeeping.js';
import { migrate } from './store/migrator.js';

/** Whatever hangs, the process is gone by then. */
const stopDeadlineMs = 2800;
/** For each part, so that the database is always reached. */
const patienceMs = 300;
/** For the other side of a WebSocket to answer its close. */
const farewellMs = 100;

type Stop = () => Promise<void> | void;

/**
 * Starts everything one machine needs, in the order in which things stand on each other, and pushes
 * what stops each on `stops`.
 * @returns the address of the web client.
 */
async function start(config: Config, stops: Stop[]): Promise<string> {
  const log = pino({ level: config.logLevel }, pino.destination(2));
  const clock = systemClock;
  const ids = systemIds(clock);
  mkdirSync(config.dataFolder, { recursive: true });
  stops.push(lockFolder(config.dataFolder));
  const keys = KeyRing.open(config.dataFolder);
  const database = await openDatabase(config, stops);
  await migrate(database, join(projectRoot, 'control/migrations'));
  await ensurePartitions(database, clock.now());
  stops.push(keepHouse(database, clock, (err) => log.error({ err }, 'housekeeping failed')));

  const node = new InProcessNode(createNode(nodeOptions(config))).client;
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
    joinMisses: { perSecond: config.joinMissesPerMinute / 60, burst: config.joinMissesPerMinute },
    signalingLimits: defaultSignalingLimits,
  });
  await services.rooms.restore();

  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const app = await buildApp({ config, services, keys, clock, ids, log, version, iceServers });
  const admin = buildAdmin(services.metrics, node);
  stops.push(within(patienceMs, () => closeApp(app)));
  stops.push(within(patienceMs, () => services.rooms.shutDown()));
  stops.push(within(patienceMs, () => admin.close()));
  stops.push(() => services.health.drain());
  await admin.listen({ host: '127.0.0.1', port: config.adminPort });
  const address = await app.listen({ host: config.host, port: config.port });
  return `http://${hostInUrl(config.host)}:${new URL(address).port || config.port}/`;
}

async function openDatabase(config: Config, stops: Stop[]): Promise<Database> {
  if (config.databaseUrl !== null) {
    const database = new Database({ connectionString: config.databaseUrl });
    stops.push(within(patienceMs, () => database.close()));
    return database;
  }
  const server = await startEmbeddedPostgres(join(config.dataFolder, 'postgres'));
  stops.push(() => server.stop());
  const database = new Database(server.address);
  stops.push(within(patienceMs, () => database.close()));
  return database;
}

function nodeOptions({ host, mediaPort, announce }: Config) {
  return {
    listen: [{ address: host === 'localhost' ? '127.0.0.1' : host, port: mediaPort }],
    ...(announce === null ? {} : { announce: [announce] }),
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
async function stopAll(stops: Stop[]): Promise<void> {
  for (const stop of stops.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      process.stderr.write(`while stopping: ${(error as Error).message}\n`);
    }
  }
}

async function main(): Promise<void> {
  const stops: Stop[] = [];
  let stopping = false;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(code || 1), stopDeadlineMs).unref();
    await stopAll(stops);
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));
  try {
    const address = await start(readConfig(process.argv.slice(2), process.env), stops);
    if (!stopping) process.stdout.write(`Plenum is ready: ${address}\n`);
  } catch (error) {
    if (!stopping) process.stderr.write(`Plenum cannot start: ${(error as Error).message}\n`);
    await stop(1);
  }
}

await main();
