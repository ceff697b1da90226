import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from './clock.js';
import { ControlError } from './control-error.js';
import { AccessService } from './domains/access/service.js';
import { ChatService } from './domains/chat/service.js';
import { EndpointsService } from './domains/endpoints/service.js';
import { EventsService } from './domains/events/service.js';
import { HealthService } from './domains/health/service.js';
import { HostAuthority, IngestKeysService } from './domains/ingest-keys/service.js';
import { JoinService, type PasscodeLimits } from './domains/join/service.js';
import { type LiveRooms, MeetingDoor, MeetingsService } from './domains/meetings/service.js';
import { ModerationService } from './domains/moderation/service.js';
import { OutboxRelay } from './domains/outbox/service.js';
import { applyPolicy, RoomsService } from './domains/rooms/service.js';
import { type SignalingLimits, SignalingService } from './domains/signaling/service.js';
import { Idempotency } from './idempotency.js';
import type { Ids } from './ids.js';
import type { KeyRing } from './keys/key-ring.js';
import { Tokens } from './keys/tokens.js';
import { ControlMetrics } from './metrics.js';
import type { NodeClient } from './nodes/node-client.js';
import type { Authenticator } from './plugins/principals.js';
import type { IceServer } from './schemas/values.js';
import type { Database } from './store/database.js';
import type { BucketRate } from './token-bucket.js';

export interface ServicesContext {
  database: Database;
  node: NodeClient;
  keys: KeyRing;
  clock: Clock;
  ids: Ids;
  log: FastifyBaseLogger;
  nodeId: string;
  iceServers: readonly IceServer[];
  anonymousMeetings: boolean;
  joinMisses: BucketRate;
  passcodes: PasscodeLimits;
  signalingLimits: SignalingLimits;
}

export interface Services {
  authenticator: Authenticator;
  access: AccessService;
  meetings: MeetingsService;
  /** What meetings ask of live rooms. */
  live: LiveRooms;
  events: EventsService;
  rooms: RoomsService;
  moderation: ModerationService;
  chat: ChatService;
  /** The name of an account. */
  nameOf: (userId: string) => Promise<string>;
  joins: JoinService;
  hosts: HostAuthority;
  ingestKeys: IngestKeysService;
  endpoints: EndpointsService;
  signaling: SignalingService;
  /** Runs when it is started. */
  outbox: OutboxRelay;
  health: HealthService;
  metrics: ControlMetrics;
}

/** Builds every service once, each with what it needs and nothing else. */
export function buildServices(context: ServicesContext): Services {
  const { database, node, keys, clock, ids } = context;
  const metrics = new ControlMetrics();
  const tokens = new Tokens(keys, clock);
  const idempotency = new Idempotency(database, keys, clock);
  const live: LiveRooms = {
    isLive: (meetingId) => rooms.find(meetingId) !== undefined,
    policyChanged: (meetingId, policy) => {
      const room = rooms.find(meetingId);
      if (room !== undefined) applyPolicy(room, policy);
    },
    end: (meetingId, effect) => rooms.end(meetingId, effect),
  };
  const meetings = new MeetingsService({ ...context, idempotency, live });
  const outbox = new OutboxRelay(context);
  const nameOf = async (_userId: string) => 'Somebody';
  const door = new MeetingDoor(database, keys);
  const chat = new ChatService(database, idempotency);
  const rooms = new RoomsService({
    ...context,
    tokens,
    policyOf: async (meetingId) => {
      const meeting = await meetings.find(meetingId);
      if (meeting === null) throw new ControlError('not_found', 'There is no such meeting.');
      return meeting.policy;
    },
    historyOf: (meetingId) => chat.history(meetingId),
    avatarOf: async () => null,
    onOpened: (tx, meetingId, at) => meetings.markStarted(tx, meetingId, at),
    onWritten: () => outbox.poke(),
  });
  const now = () => new Date(clock.now());
  const moderation = new ModerationService({
    database,
    rooms,
    clock,
    writePolicy: (tx, meetingId, change) => door.writePolicy(tx, meetingId, change, now()),
    endMeeting: (meetingId) => rooms.end(meetingId, (tx) => door.markEnded(tx, meetingId, now())),
  });
  const joins = new JoinService({
    ...context,
    door,
    rooms,
    moderation,
    idempotency,
    tokens,
    misses: context.joinMisses,
    nameOf,
    onResult: (result) => metrics.joins.inc({ result }),
  });
  const access = new AccessService({ meetings, rooms });
  const authenticator: Authenticator = {
    session: async () => null,
    apiKey: async () => null,
    participant: (token) => tokens.principalOf(token),
  };
  const hosts = new HostAuthority({ access, meetings, clock });
  const ingestKeys = new IngestKeysService({ database, idempotency, rooms, keys, clock, ids });
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
    tokens,
    metrics,
    limits: context.signalingLimits,
  });
  const health = new HealthService(database, node);
  observe(metrics, { outbox, health });
  return {
    authenticator,
    access,
    meetings,
    live,
    events: new EventsService(database),
    rooms,
    moderation,
    chat,
    nameOf,
    joins,
    hosts,
    ingestKeys,
    endpoints,
    signaling,
    outbox,
    health,
    metrics,
  };
}

function observe(
  metrics: ControlMetrics,
  { outbox, health }: { outbox: OutboxRelay; health: HealthService },
): void {
  metrics.gauge('plenum_event_loop_lag_seconds', 'Longest pause since the last scrape', () =>
    health.takeLag(),
  );
  metrics.dependencies(() => health.dependencies());
  metrics.gauge('plenum_outbox_pending', 'Events that wait for the relay', () => outbox.pending());
  metrics.gauge('plenum_outbox_lag_seconds', 'Age of the oldest event that waits', () =>
    outbox.lagSeconds(),
  );
}
