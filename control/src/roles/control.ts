import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildAdmin, type Counted } from '../admin.js';
import { buildApp } from '../app.js';
import { openBus } from '../bus/open-bus.js';
import { type Clock, systemClock } from '../clock.js';
import { type Config, hostInUrl, projectRoot } from '../config.js';
import { FileKeep, type SecondKeep } from '../domains/rooms/service.js';
import type { SignalingContext } from '../domains/signaling/service.js';
import type { Owners } from '../fleet/elsewhere.js';
import type { NodeFleet } from '../fleet/node-fleet.js';
import { systemIds } from '../ids.js';
import { KeyRing } from '../keys/key-ring.js';
import { openMailer } from '../mail/open-mailer.js';
import type { LocalNode } from '../nodes/node-client.js';
import type { Nodes } from '../nodes/nodes.js';
import type { App } from '../plugins/app-types.js';
import type { Pass } from '../plugins/elsewhere.js';
import type { Recorders } from '../recorders/recorders.js';
import { buildServices, journalWriter, type Services, type ServicesContext } from '../services.js';
import {
  Database,
  type DatabaseAddress,
  type DatabaseOptions,
  maintenance,
} from '../store/database.js';
import { launchEmbeddedPostgres } from '../store/embedded-postgres.js';
import { lockFolder } from '../store/folder-lock.js';
import { ensurePartitions, keepHouse } from '../store/housekeeping.js';
import { migrate } from '../store/migrator.js';
import { openObjects } from '../store/open-objects.js';
import type { Ready, StartOptions } from './role.js';
import { patienceMs, type Stop, within } from './stops.js';

/** For the other side of a WebSocket to answer its close. */
const farewellMs = 100;

/** Where the media of rooms goes. */
export interface Media {
  nodes: Nodes;
  fleet: NodeFleet;
  owners: Owners;
  /** Which has a copy of what this process keeps. */
  second: SecondKeep;
  /** The node in this process; null: all are elsewhere. */
  local: LocalNode | null;
  recorders: Recorders;
  /** The recorder beside this process; null: all are elsewhere, or there are none. */
  recorder: Counted | null;
  pass: Pass;
  passSocket: SignalingContext['passSocket'];
  /** Rooms can be served: from now on nodes, and other control processes, may come. */
  open(served: { services: Services; app: App; keep: FileKeep }): Promise<void>;
  /** This process goes: others take its rooms. */
  leave(): void;
}

export type MediaContext = Pick<ServicesContext, 'database' | 'keys' | 'clock' | 'ids' | 'bus'>;

/** Starts everything but media: that is what `openMedia` opens, once there is a database. */
export async function startControl(
  config: Config,
  options: StartOptions,
  openMedia: (context: MediaContext) => Promise<Media>,
): Promise<Ready> {
  const { stops, log } = options;
  const context = await openStores(config, options);
  const { keys, clock, ids, folder } = context;
  const media = await openMedia(context);
  const keep = await openKeep({ ...context, ...media, log, stops });
  const iceServers: never[] = [];
  const services = buildServices({
    ...context,
    ...media,
    config,
    log,
    keep,
    iceServers,
    objects: await openObjects(config.objects, folder),
    mailer: openMailer({ ...config.mail, folder: join(folder, 'mail'), ids }),
  });
  stops.push(within(patienceMs, () => services.outbox.stop()));
  stops.push(within(patienceMs, () => services.webhooks.dispatcher.stop()));
  if (services.eventFlow !== null) {
    const { eventFlow } = services;
    stops.push(within(patienceMs, () => eventFlow.stop()));
    await eventFlow.start();
  }
  services.outbox.start();
  stops.push(within(patienceMs, () => services.kept.stop()));
  services.webhooks.dispatcher.start();
  services.kept.start();
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
  const app = await buildApp({
    ...{ config, services, keys, clock, ids, log, version, iceServers },
    pass: media.pass,
  });
  await media.open({ services, app, keep });
  await services.rooms.restore();
  stops.push(await services.sessions.watch());
  stops.push(within(patienceMs, () => services.passwordResets.settled()));

  const admin = buildAdmin(services.metrics, media.local, media.recorder);
  stops.push(within(patienceMs, () => closeApp(app)));
  stops.push(within(patienceMs, () => services.rooms.shutDown()));
  stops.push(() => services.signaling.goAway());
  stops.push(() => media.leave());
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

/** What earlier processes of this folder have kept is in the database with this. */
async function openKeep({
  owners: { controlId },
  folder,
  stops,
  ...context
}: Pick<Media, 'owners' | 'second'> &
  Pick<ServicesContext, 'database'> &
  StartOptions & { folder: string }): Promise<FileKeep> {
  const keep = new FileKeep({
    ...{ ...context, controlId, writer: journalWriter },
    folder: join(folder, 'kept'),
  });
  stops.push(within(patienceMs, () => keep.close()));
  await keep.recover();
  return keep;
}

/** The folder, the keys, the database and the bus. */
async function openStores(config: Config, { stops, log }: StartOptions) {
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
  return { clock, ids, folder, keys, database, bus };
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
