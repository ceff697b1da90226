import { hostname } from 'node:os';
import { join } from 'node:path';
import { defaultDataFolder } from '../store/data-folder.js';
import { defaultRetention } from '../store/retention.js';
import { isPublic } from './hosts.js';
import * as kinds from './kinds.js';
import { projectRoot } from './project-root.js';
import { Derived, required, type Setting, setting, type ValuesOf, writtenName } from './setting.js';

const perTime = kinds.count(1);
/** Whole ones: rows lie by day. */
const days = kinds.count(1, 36_500);

/**
 * Every setting there is, one line each: how it is written, its default, what it means. From this table
 * come the YAML file (`http.admin_port`), the environment (`PLENUM_HTTP_ADMIN_PORT`), the options,
 * the files of secrets, the type of the configuration and docs/configuration.md.
 */
export const settings = {
  http: {
    host: setting(kinds.host, '127.0.0.1', 'Address of the web server', { option: 'host' }),
    port: setting(kinds.port, 8080, 'Port of the web server', { option: 'port' }),
    adminHost: setting(
      kinds.host,
      '127.0.0.1',
      'Address of `/metrics`, which asks nobody who they are: one that only operators reach',
    ),
    adminPort: setting(kinds.port, 8081, 'Port of `/metrics`', { option: 'admin-port' }),
    origin: setting(
      kinds.optional(kinds.origin),
      null,
      'What links begin with, and whom security keys sign for; `none`: what the request came to (keys: `localhost` only)',
    ),
    allowedOrigins: setting(
      kinds.list(kinds.origin),
      [],
      'Other origins whose pages may call the API, with cookies, and open the WebSocket; ours may do so there, if they allow it',
    ),
    trustedProxies: setting(
      kinds.list(kinds.addressRange),
      [],
      'Addresses of proxies whose `X-Forwarded-For` and `-Proto` are believed',
    ),
  },
  media: {
    host: setting(
      kinds.host,
      new Derived('that of `http.host`', ({ http }) => http.host),
      'Address of the media sockets; `0.0.0.0`: every IPv4 address, `::`: every address',
    ),
    port: setting(kinds.port, 40_000, 'UDP, one port per media thread from here on', {
      option: 'media-port',
    }),
    tcpPort: setting(
      kinds.optional(kinds.port),
      new Derived('that of `media.port`', ({ media }) => media.port),
      'TCP, for clients whose network lets no UDP through; `none`: UDP alone',
      { option: 'media-tcp-port' },
    ),
    announce: setting(
      kinds.optional(kinds.mediaAddress),
      null,
      'The media address that clients are told in place of the bound one (NAT, relay)',
      { option: 'announce' },
    ),
    linkAnnounce: setting(
      kinds.optional(kinds.mediaAddress),
      null,
      'The media address that other nodes of the fleet are told, where it is another one (a network between sites)',
    ),
    shards: setting(kinds.shards, 1, 'Media threads. A room uses as many as its load needs', {
      option: 'shards',
    }),
    placement: setting(
      kinds.choice('together', 'apart'),
      'together',
      '`apart`: every participant on the least busy thread, for tests and measurements',
    ),
    maxLoad: setting(
      kinds.optional(kinds.fraction(0.05, 1)),
      0.8,
      'How busy a media thread may be, of a core, before newcomers are refused; `none`: nobody is',
      { option: 'max-load' },
    ),
    leastBufferBytes: setting(
      kinds.count(0),
      4 * 1024 * 1024,
      'UDP buffers below this and a public start is refused; the node asks for 4 MiB',
    ),
  },
  fleet: {
    host: setting(
      kinds.host,
      new Derived('that of `http.host`', ({ http }) => http.host),
      'Address where `control` listens for nodes and for other control processes, by TLS',
    ),
    port: setting(kinds.port, 8443, 'Its port'),
    advertise: setting(
      kinds.optional(kinds.fleetAddress),
      null,
      'What others are told of it; `none`: host and port',
    ),
    region: setting(kinds.region, 'local', 'Where this process is'),
    reserves: setting(
      kinds.list(kinds.region),
      [],
      'Regions that stand in for this one when its nodes are full or gone, the best first',
    ),
  },
  node: {
    controls: setting(
      kinds.list(kinds.fleetAddress),
      new Derived('`fleet.host` and `fleet.port`', ({ fleet }) => [`${fleet.host}:${fleet.port}`]),
      'Where `node` finds control processes at first; it is told of the others',
    ),
    token: setting(
      kinds.optional(kinds.text),
      null,
      'Makes this machine a node of the fleet, once (`POST /v1/node-tokens`); not needed afterwards',
      { isSecret: true },
    ),
    name: setting(
      kinds.text,
      new Derived('that of the machine', () => hostname()),
      'What operators see',
    ),
    drainSeconds: setting(
      kinds.count(0, 86_400),
      600,
      'How long a node that is asked to stop waits for its rooms to move',
    ),
  },
  keys: {
    secret: setting(
      kinds.optional(kinds.text),
      null,
      'What the keys that sign and seal are made of, 32 bytes or more; `none`: generated ones',
      { isSecret: true },
    ),
  },
  security: {
    allowGeneratedKeys: setting(
      kinds.flag,
      false,
      'A public start may use generated keys: `keys.json` in the data folder is their only copy',
    ),
    allowInsecure: setting(
      kinds.flag,
      false,
      'A public start goes on, with a warning, where all but its secrets is not fit for it: for tests',
    ),
  },
  data: {
    folder: setting(
      kinds.folder,
      new Derived('`.plenum` in the project', () => defaultDataFolder(projectRoot)),
      'Where the keys, the embedded database, files and mails lie',
      { option: 'data' },
    ),
  },
  recorder: {
    enabled: setting(
      kinds.flag,
      true,
      'On a single machine: may meetings be recorded? A recorder runs beside the rest, as a process of its own',
    ),
    host: setting(
      kinds.host,
      new Derived('that of `media.host`', ({ media }) => media.host),
      'Address of the sockets over which media comes from the nodes',
    ),
    port: setting(kinds.port, 0, 'UDP, one port per media thread from here on; 0: any'),
    announce: setting(
      kinds.optional(kinds.mediaAddress),
      null,
      'What nodes are told in place of the bound address (NAT, a network between sites)',
    ),
    shards: setting(kinds.shards, 1, 'Media threads'),
    folder: setting(
      kinds.folder,
      new Derived('`recorder` in the data folder', ({ data }) => join(data.folder, 'recorder')),
      'Where files of recordings lie until they are stored: as much space as meetings of a few hours need',
    ),
    reserveBytes: setting(
      kinds.bytes,
      1024 ** 3,
      'What of the disk is kept free, or the next, whatever is more: below it sound alone is written, far below nothing',
    ),
    reserveShare: setting(kinds.fraction(0, 0.9), 0.02, 'Of the disk'),
    maxTracks: setting(kinds.count(1, 100_000), 400, 'Tracks at once; more are not recorded here'),
    renderJobs: setting(
      kinds.count(0, 64),
      1,
      'Compositions at once, each on two cores at most with the lowest priority; 0: none here',
    ),
  },
  store: {
    url: setting(
      kinds.backend(['embedded', 'postgres', 'postgresql']),
      'embedded:',
      'The database: a PostgreSQL server (15 or later), or `embedded:`, one that Plenum starts',
      { alias: 'DATABASE_URL', isSecret: true },
    ),
  },
  bus: {
    url: setting(
      kinds.busUrl,
      'memory:',
      'What control processes share: Redis, or `memory:`, this process alone',
      { isSecret: true },
    ),
    prefix: setting(
      kinds.form('1 to 64 letters, digits, `.`, `_`, `-`', /[\w.-]{1,64}/),
      'plenum',
      'What our keys and channels on Redis begin with: of each installation another one',
    ),
  },
  queue: {
    url: setting(
      kinds.queueUrl,
      'local:',
      'The way of events to whoever reads them: Kafka, or `local:`, a table of the database',
      { isSecret: true },
    ),
  },
  events: {
    url: setting(
      kinds.eventsUrl,
      'local:',
      'What reports are counted from: ClickHouse, or `local:`, the log of the rooms in the database',
      { isSecret: true },
    ),
  },
  objects: {
    url: setting(
      kinds.objectsUrl,
      'file:',
      'Where files lie: `file:` is the folder `objects` in the data folder, `file:///srv/…` another; or a bucket',
    ),
    accessKeyId: setting(
      kinds.optional(kinds.text),
      null,
      'Who writes into the bucket; `none`: as the SDK of AWS finds it (role of the machine, environment)',
      { isSecret: true },
    ),
    secretAccessKey: setting(kinds.optional(kinds.text), null, 'Its key', { isSecret: true }),
  },
  recordings: {
    layouts: setting(
      kinds.list(kinds.choice('gallery', 'speaker', 'screen_first', 'audio')),
      ['gallery', 'audio'],
      'What is composed of each recording when it has ended, without anybody asking: pictures, or `audio`, sound alone',
    ),
  },
  mail: {
    url: setting(
      kinds.backend(['file', 'smtp', 'smtps']),
      'file:',
      'What sends mail: an SMTP server; `file:` writes it into `mail` in the data folder',
      { isSecret: true },
    ),
    from: setting(kinds.text, 'Plenum <plenum@localhost>', 'The sender of mail'),
  },
  meetings: {
    anonymous: setting(
      kinds.flag,
      new Derived('`true` unless it is public', (known) => !isPublic(known)),
      'May somebody without an account make a meeting?',
    ),
  },
  accounts: {
    signUp: setting(kinds.flag, true, 'May anybody make an account?'),
    adminSecondFactor: setting(
      kinds.choice('required', 'optional'),
      'required',
      'May administrators act without having shown a second factor?',
    ),
  },
  limits: {
    requestsPerMinute: setting(perTime, 60, 'Requests of an address without a credential'),
    userRequestsPerMinute: setting(perTime, 600, 'Requests of an account'),
    keyRequestsPerMinute: setting(perTime, 6000, 'Requests of an API key'),
    joinMissesPerMinute: setting(perTime, 10, 'Refused joins of an address'),
    passcodeMissesPerMinute: setting(perTime, 5, 'Wrong passcodes of an address in a meeting'),
    passcodeMissesPerHour: setting(perTime, 30, 'Wrong passcodes of everybody in a meeting'),
    accountLoginsPerMinute: setting(perTime, 10, 'Attempts to log in to an account'),
    addressLoginsPerMinute: setting(perTime, 30, 'Attempts of an address to log in'),
    loginQueueMs: setting(perTime, 2000, 'A password waits so long for a free core; then 429'),
    messagesPerSecond: setting(perTime, 50, 'WebSocket messages of a participant; beyond: closed'),
    messagesBurst: setting(perTime, 100, 'So many at once'),
    chatPerSecond: setting(perTime, 5, 'Chat messages of a participant'),
    chatBurst: setting(perTime, 10, 'So many at once'),
    subscriptionsPerSecond: setting(perTime, 10, '`subscription.set` of a participant'),
    subscriptionsBurst: setting(perTime, 20, 'So many at once'),
    offersPerSecond: setting(perTime, 2, 'SDP offers of a participant'),
    offersBurst: setting(perTime, 6, 'So many at once'),
    reactionsPerSecond: setting(perTime, 2, 'Reactions of a participant'),
    reactionsBurst: setting(perTime, 2, 'So many at once'),
  },
  retention: {
    endedMeetingsDays: setting(
      kinds.optional(days),
      null,
      'Meetings that were ended or deleted, with all that belongs to them; `none`: kept',
    ),
    participantsDays: setting(
      kinds.optional(days),
      null,
      'Who was in a room, under which name, after they left; `none`: kept',
    ),
    messagesDays: setting(kinds.optional(days), null, 'Chat; `none`: kept'),
    recordingsDays: setting(
      kinds.optional(days),
      defaultRetention.recordingsDays,
      'Recordings, after they have ended; `none`: until they or their meetings are deleted',
    ),
    eventsDays: setting(days, defaultRetention.eventsDays, 'The log of each room'),
    webhookDeliveriesDays: setting(
      days,
      defaultRetention.webhookDeliveriesDays,
      'How webhooks were delivered',
    ),
  },
  webhooks: {
    allowPrivate: setting(
      kinds.flag,
      false,
      'May webhooks go to `http://` and to private addresses? For tests and closed networks',
    ),
  },
  log: {
    level: setting(
      kinds.choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
      'info',
      'What is written to stderr',
    ),
  },
};

/** Providers with which people log in: a list, `oidc:`. */
export const oidcFields = {
  id: required(kinds.form('a word of a–z, 0–9 and -', /[a-z0-9-]{1,32}/), 'In addresses: `google`'),
  name: required(kinds.text, 'On the button: `Google`'),
  issuer: required(kinds.httpUrl, 'Its OpenID configuration is below this URL'),
  clientId: required(kinds.text, 'As the provider gave it'),
  clientSecret: required(kinds.text, 'As the provider gave it', { isSecret: true }),
  signUp: setting(kinds.flag, false, 'May who has no account make one by it?'),
};

export type OidcProvider = ValuesOf<typeof oidcFields>;

type Settings = typeof settings;
export type Config = { [Section in keyof Settings]: ValuesOf<Settings[Section]> } & {
  oidc: OidcProvider[];
};

/** A setting and its names. */
export interface Place {
  section: string;
  key: string;
  setting: Setting<unknown>;
  /** `http.admin_port`. */
  path: string;
  /** `PLENUM_HTTP_ADMIN_PORT`. */
  variable: string;
}

export const places: readonly Place[] = Object.entries(settings).flatMap(([section, table]) =>
  Object.entries(table as Record<string, Setting<unknown>>).map(([key, setting]) => {
    const path = `${section}.${writtenName(key)}`;
    return { section, key, setting, path, variable: variableOf(path) };
  }),
);

export function variableOf(path: string): string {
  return `PLENUM_${path.replace(/[.-]/g, '_').toUpperCase()}`;
}
