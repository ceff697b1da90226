import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildAdmin } from '../admin.js';
import { buildApp } from '../app.js';
import { openBus } from '../bus/open-bus.js';
import { type Clock, systemClock } from '../clock.js';
import { type Config, hostInUrl, projectRoot } from '../config.js';
import { systemIds } from '../ids.js';
import { KeyRing } from '../keys/key-ring.js';
import { openMailer } from '../mail/open-mailer.js';
import type { NodeClient } from '../nodes/node-client.js';
import type { App } from '../plugins/app-types.js';
import { buildServices } from '../services.js';
import {
  Database,
  type DatabaseAddress,
  type DatabaseOptions,
  maintenance,
} from '../store/database.js';
import { launchEmbeddedPostgres } from '../store/embedded-postgres.js';
import { lockFolder } from '../store/folder-lock.js';
import { folderOf } from '../store/folder-of.js';
import { ensurePartitions, keepHouse } from '../store/housekeeping.js';
import { migrate } from '../store/migrator.js';
import { FileObjects } from '../store/objects.js';
import type { Ready, StartOptions } from './role.js';
import { patienceMs, type Stop, within } from './stops.js';

/** For the other side of a WebSocket to answer its close. */
const farewellMs = 100;

/** Starts everything but media: that is what `openNode` opens, once there is a database. */
export async function startControl(
  config: Config,
  options: StartOptions,
  openNode: () => NodeClient,
): Promise<Ready> {
  const { stops, log } = options;
  const clock = systemClock;
  const ids = systemIds(clock);
  const folder = config.data.folder;
  mkdirSync(folder, { recursive: true });
  stops.push(lockFolder(folder));
  const keys = KeyRing.open(folder, config.keys.secret);
  const address = await databaseAddress(config.store.url, folder, stops);
  const database = openDatabase(address, stops);
  await keepDatabase(openDatabase(address, stops, maintenance), { config, clock, log, stops });
  const bus = await openBus(config.bus, clock, log);
  stops.push(() => bus.close());

  const node = openNode();
  const iceServers: never[] = [];
  const services = buildServices({
    config,
    database,
    node,
    keys,
    clock,
    ids,
    log,
    nodeId: 'local',
    iceServers,
    bus,
    objects: new FileObjects(folderOf(config.objects.url, folder, 'objects')),
    mailer: openMailer({ ...config.mail, folder: join(folder, 'mail'), ids }),
  });
  stops.push(within(patienceMs, () => services.outbox.stop()));
  stops.push(within(patienceMs, () => services.webhooks.dispatcher.stop()));
  services.outbox.start();
  services.webhooks.dispatcher.start();
  await services.rooms.restore();
  stops.push(await services.sessions.watch());
  stops.push(within(patienceMs, () => services.passwordResets.settled()));

  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const app = await buildApp({ config, services, keys, clock, ids, log, version, iceServers });
  const admin = buildAdmin(services.metrics, node);
  stops.push(within(patienceMs, () => closeApp(app)));
  stops.push(within(patienceMs, () => services.rooms.shutDown()));
  stops.push(() => services.signaling.goAway());
  stops.push(within(patienceMs, () => admin.close()));
  stops.push(() => services.health.drain());
  const { host, port, adminHost, adminPort, origin } = config.http;
  await admin.listen({ host: adminHost, port: adminPort });
  const bound = new URL(await app.listen({ host, port }));
  const own = `http://${hostInUrl(host)}:${bound.port || port}`;
  const setupToken = await services.users.makeSetupToken();
  const setupLink = setupToken && `${origin ?? own}/setup#t=${setupToken}`;
  return [
    `Plenum is ready: ${own}/`,
    ...(setupLink === null ? [] : [`Make the first account: ${setupLink}`]),
  ];
}

async function databaseAddress(
  url: string,
  folder: string,
  stops: Stop[],
): Promise<DatabaseAddress> {
  if (url !== 'embedded:') return { connectionString: url };
  const server = await launchEmbeddedPostgres(join(folder, 'postgres'));
  stops.push(() => server.stop());
  await server.ready;
  return server.address;
}

function openDatabase(
  address: DatabaseAddress,
  stops: Stop[],
  options?: DatabaseOptions,
): Database {
  const database = new Database(address, options);
  stops.push(within(patienceMs, () => database.close()));
  return database;
}

/** Brings it up to date and keeps it so. Days that cannot be made now are made by the next hour. */
async function keepDatabase(
  database: Database,
  { config, clock, log, stops }: StartOptions & { config: Config; clock: Clock },
): Promise<void> {
  const onFailure = (err: unknown) => log.error({ err }, 'housekeeping failed');
  await migrate(database, join(projectRoot, 'control/migrations'));
  await ensurePartitions(database, clock.now()).catch(onFailure);
  stops.push(keepHouse(database, { clock, retention: config.retention }, onFailure));
}

async function closeApp(app: App): Promise<void> {
  const timer = setTimeout(() => {
    for (const socket of app.websocketServer.clients) socket.terminate();
  }, farewellMs);
  await app.close();
  clearTimeout(timer);
}
