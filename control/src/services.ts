import type { FastifyBaseLogger } from 'fastify';
import { type AccountServices, buildAccounts } from './account-services.js';
import { type Bus, sharedOrNull } from './bus/bus.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import { ControlError } from './control-error.js';
import { AccessService } from './domains/access/service.js';
import { ChatService, chatEffects } from './domains/chat/service.js';
import { EndpointsService } from './domains/endpoints/service.js';
import { EventsService } from './domains/events/service.js';
import { HealthService } from './domains/health/service.js';
import { HostAuthority, IngestKeysService } from './domains/ingest-keys/service.js';
import { JoinService, joinEffects } from './domains/join/service.js';
import {
  type LiveRooms,
  MeetingDoor,
  MeetingsService,
  meetingEffects,
  meetingEnded,
  meetingStarted,
} from './domains/meetings/service.js';
import { ModerationService, moderationEffects } from './domains/moderation/service.js';
import { NodeNews, NodesService } from './domains/nodes/service.js';
import { OutboxRelay } from './domains/outbox/service.js';
import { LiveRecordings, recordingEffects } from './domains/recordings/live-service.js';
import {
  applyPolicy,
  JournalWriter,
  type Keep,
  noKeep,
  RoomsService,
  roomEffects,
} from './domains/rooms/service.js';
import { type SignalingContext, SignalingService } from './domains/signaling/service.js';
import { AccountNews } from './domains/users/service.js';
import {
  WebhookDispatcher,
  WebhookFeed,
  WebhookHistory,
  WebhooksService,
} from './domains/webhooks/service.js';
import { buildEvents, type EventServices } from './event-services.js';
import type { Owners } from './fleet/elsewhere.js';
import type { NodeFleet } from './fleet/node-fleet.js';
import { Idempotency } from './idempotency.js';
import type { Ids } from './ids.js';
import type { KeyRing } from './keys/key-ring.js';
import { Tokens } from './keys/tokens.js';
import { passcodeLimits, signalingLimits, withinMinute } from './limits.js';
import type { Mailer } from './mail/mailer.js';
import { ControlMetrics } from './metrics.js';
import type { Nodes } from './nodes/nodes.js';
import { Outgoing } from './outgoing/outgoing.js';
import type { Authenticator } from './plugins/principals.js';
import { noRecorders, type Recorders } from './recorders/recorders.js';
import { buildRecordings, type KeptRecordings, observeRecordings } from './recording-services.js';
import type { IceServer } from './schemas/values.js';
import { SecurityLog } from './security-log.js';
import type { Database } from './store/database.js';
import { Effects } from './store/effects.js';
import type { Objects } from './store/objects.js';

export interface ServicesContext {
  config: Config;
  database: Database;
  nodes: Nodes;
  fleet: NodeFleet;
  owners: Owners;
  passSocket: SignalingContext['passSocket'];
  keys: KeyRing;
  clock: Clock;
  ids: Ids;
  log: FastifyBaseLogger;
  iceServers: readonly IceServer[];
  bus: Bus;
  objects: Objects;
  mailer: Mailer;
  /** Without: no recorder belongs to this installation. */
  recorders?: Recorders;
  /** Null: while the database is away everything waits. */
  keep?: Keep;
}

export interface Services extends AccountServices, EventServices {
  /** Of other processes: heard when it is watched. */
  accountNews: AccountNews;
  authenticator: Authenticator;
  access: AccessService;
  meetings: MeetingsService;
  /** What meetings ask of live rooms. */
  live: LiveRooms;
  events: EventsService;
  rooms: RoomsService;
  owners: Owners;
  /** What is kept of recordings: runs when it is started. */
  kept: KeptRecordings;
  nodes: NodesService;
  /** Of the fleet, to webhooks: runs when it is started. */
  nodeNews: NodeNews;
  moderation: ModerationService;
  chat: ChatService;
  /** The name of an account. */
  nameOf: (userId: string) => Promise<string>;
  joins: JoinService;
  hosts: HostAuthority;
  ingestKeys: IngestKeysService;
  endpoints: EndpointsService;
  signaling: SignalingService;
  /** Of rooms that are here. */
  liveRecordings: LiveRecordings;
  /** Runs when it is started. */
  outbox: OutboxRelay;
  webhooks: Webhooks;
  health: HealthService;
  metrics: ControlMetrics;
}

export interface Webhooks {
  service: WebhooksService;
  feed: WebhookFeed;
  history: WebhookHistory;
  /** Runs when it is started. */
  dispatcher: WebhookDispatcher;
}

/** What journals say to the database. */
export const journalWriter = new JournalWriter(
  new Effects([
    ...roomEffects,
    ...chatEffects,
    ...moderationEffects,
    ...meetingEffects,
    ...joinEffects,
    ...recordingEffects,
  ]),
);

/** Builds every service once, each with what it needs and nothing else. */
export function buildServices(given: ServicesContext): Services {
  const { config, database, keys, clock } = given;
  const context = { ...given, security: new SecurityLog(given.log, clock) };
  const keep = given.keep ?? noKeep;
  const metrics = new ControlMetrics();
  const tokens = new Tokens(keys, clock);
  const idempotency = new Idempotency(database, keys, clock);
  const live: LiveRooms = {
    isLive: (meetingId) => rooms.find(meetingId) !== undefined,
    policyChanged: (meetingId, policy) => {
      const room = rooms.find(meetingId);
      if (room !== undefined) applyPolicy(room, policy);
    },
    changed: async (meetingId) => {
      if (rooms.find(meetingId) === undefined) return;
      // What is not known does not open it while the database is away.
      const report = (err: unknown) => context.log.warn({ err }, 'a door cannot be read');
      await door.remember(meetingId).catch(report);
    },
    end: (meetingId, effects) => rooms.end(meetingId, effects),
    endOnceWritten: (meetingId, within) => rooms.endOnceWritten(meetingId, within),
  };
  const meetings = new MeetingsService({
    ...context,
    anonymousMeetings: config.meetings.anonymous,
    idempotency,
    live,
    onRemoved: (tx, meetingId) => kept.recordings.forgetMeeting(tx, meetingId),
  });
  const outbox = new OutboxRelay(context);
  const webhooks = buildWebhooks({ ...context, outbox, idempotency, metrics });
  const accountNews = new AccountNews({
    ...context,
    profileChanged: (userId, change) => rooms.profileChanged(userId, change),
    accountEnded: (userId) => rooms.endAccount(userId),
    report: (err) => context.log.warn({ err }, 'what changed of accounts cannot be read'),
  });
  const eventServices = buildEvents({ ...context, outbox, metrics });
  const accounts = buildAccounts(context, idempotency, {
    forget: async (tx, userId) => {
      // While its meetings are known to be its.
      await kept.recordings.forget(tx, userId);
      await meetings.forget(tx, userId);
      await webhooks.service.forget(tx, userId);
    },
    disown: (tx, userId) => webhooks.service.forget(tx, userId),
    news: accountNews,
  });
  const { users } = accounts;
  const nameOf = (userId: string) => users.nameOf(userId);
  const door = new MeetingDoor(
    database,
    keys,
    (meetingId) => rooms.find(meetingId)?.policy ?? null,
  );
  const chat = new ChatService(database, idempotency);
  const titleOf = async (meetingId: string) => (await meetings.find(meetingId))?.title ?? '';
  const liveRecordings = new LiveRecordings({
    ...context,
    recorders: given.recorders ?? noRecorders,
    idempotency,
    titleOf,
  });
  const rooms = new RoomsService({
    ...context,
    tokens,
    policyOf: async (meetingId) => {
      const meeting = await meetings.find(meetingId);
      if (meeting === null) throw new ControlError('not_found', 'There is no such meeting.');
      // Somebody was on the way in while it was ended.
      if (meeting.endedAt !== null) throw new ControlError('meeting_ended', 'It has ended.');
      return meeting.policy;
    },
    historyOf: (meetingId) => chat.history(meetingId),
    blocksOf: (meetingId) => moderation.blocksOf(meetingId),
    onOpening: (meetingId) => door.remember(meetingId),
    avatarOf: (userId) => users.avatarUrlOf(userId),
    opening: (meetingId) => [meetingStarted({ meetingId, at: clock.now() })],
    writer: journalWriter,
    keep,
    onWritten: () => outbox.poke(),
    attend: (room) => liveRecordings.attend(room),
    onMoved: (reason, result) => metrics.migrations.inc({ reason, result }),
  });
  const moderation = new ModerationService({
    ...context,
    database,
    rooms,
    clock,
    endMeeting: (room) => {
      const { meetingId } = room.key;
      return rooms.endHere(room, [meetingEnded({ meetingId, at: clock.now() })]);
    },
  });
  const joins = new JoinService({
    ...context,
    door,
    rooms,
    moderation,
    idempotency,
    tokens,
    misses: withinMinute(config.limits.joinMissesPerMinute),
    passcodes: passcodeLimits(config),
    nameOf,
    onResult: (result) => metrics.joins.inc({ result }),
  });
  const access = new AccessService({ meetings, rooms });
  const authenticator: Authenticator = {
    session: (token) => accounts.sessions.authenticate(token),
    apiKey: (token) => accounts.apiKeys.authenticate(token),
    participant: (token) => tokens.principalOf(token),
  };
  const hosts = new HostAuthority({
    ...{ access, meetings, clock },
    isBlocked: (meetingId, inviteId) => moderation.isInviteBlocked(meetingId, inviteId),
  });
  const kept = buildRecordings({
    ...{ ...context, idempotency, hosts, writer: journalWriter },
    recorders: context.recorders ?? noRecorders,
    remainingChat: (meetingId, messageIds) => chat.remaining(meetingId, messageIds),
    onWritten: () => outbox.poke(),
  });
  const ingestKeys = new IngestKeysService({ ...context, idempotency, rooms });
  const endpoints = new EndpointsService({
    ...context,
    meetings,
    ingestKeys,
    joins,
    rooms,
    onResult: (result) => metrics.joins.inc({ result }),
  });
  const signaling = new SignalingService({
    ...context,
    rooms,
    chat,
    moderation,
    recordings: liveRecordings,
    tokens,
    metrics,
    limits: signalingLimits(config),
    region: config.fleet.region,
    random: Math.random,
  });
  const health = new HealthService({
    ...context,
    bus: sharedOrNull(context.bus),
    hasRooms: () => rooms.count > 0,
  });
  observe(metrics, { outbox, health, rooms, keep, fleet: context.fleet });
  observeRecordings(metrics, { live: liveRecordings, recordings: kept.recordings });
  return {
    ...accounts,
    accountNews,
    ...eventServices,
    authenticator,
    access,
    meetings,
    live,
    events: new EventsService(database, clock, config.retention.eventsDays),
    rooms,
    owners: context.owners,
    kept,
    nodes: new NodesService({
      ...context,
      idempotency,
      titleOf,
      move: (room, nodeId) => rooms.move(room, nodeId),
    }),
    nodeNews: new NodeNews({ ...context, webhooks: webhooks.feed }),
    moderation,
    chat,
    nameOf,
    joins,
    hosts,
    ingestKeys,
    endpoints,
    signaling,
    liveRecordings,
    outbox,
    webhooks,
    health,
    metrics,
  };
}

interface WebhooksContext extends ServicesContext {
  security: SecurityLog;
  outbox: OutboxRelay;
  idempotency: Idempotency;
  metrics: ControlMetrics;
}

function buildWebhooks(context: WebhooksContext): Webhooks {
  const { outbox, metrics } = context;
  const outgoing = new Outgoing({ allowPrivate: context.config.webhooks.allowPrivate });
  const dispatcher = new WebhookDispatcher({
    ...context,
    outgoing,
    random: Math.random,
    onAttempt: (result) => metrics.webhookAttempts.inc({ result }),
  });
  const onDue = () => dispatcher.poke();
  const feed = new WebhookFeed({ ...context, onFed: onDue });
  outbox.add(feed);
  return {
    service: new WebhooksService({ ...context, outgoing }),
    feed,
    history: new WebhookHistory({ ...context, onDue }),
    dispatcher,
  };
}

function observe(
  metrics: ControlMetrics,
  {
    outbox,
    health,
    rooms,
    keep,
    fleet,
  }: {
    outbox: OutboxRelay;
    health: HealthService;
    rooms: RoomsService;
    keep: Keep;
    fleet: NodeFleet;
  },
): void {
  metrics.gauge('plenum_event_loop_lag_seconds', 'Longest pause since the last scrape', () =>
    health.takeLag(),
  );
  metrics.dependencies(() => health.dependencies());
  metrics.gauge(
    'plenum_kept_records',
    'Writings of rooms that wait for the database on this machine',
    () => keep.size,
  );
  metrics.gauge(
    'plenum_nodes_cut_off',
    'Media nodes of other regions to which the way is cut',
    () => fleet.cutOff,
  );
  metrics.gauge('plenum_rooms', 'Rooms that this process has', () => rooms.count);
  metrics.gauge('plenum_outbox_pending', 'Events that wait for the relay', () => outbox.pending());
  metrics.gauge('plenum_outbox_lag_seconds', 'Age of the oldest event that waits', () =>
    outbox.lagSeconds(),
  );
}
