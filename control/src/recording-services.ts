import type { FastifyBaseLogger } from 'fastify';
import type { Bus } from './bus/bus.js';
import type { Clock } from './clock.js';
import type { Config } from './config.js';
import type { HostAuthority } from './domains/ingest-keys/service.js';
import type { LiveRecordings } from './domains/recordings/live-service.js';
import {
  FileUrls,
  RecordingKeeper,
  RecordingLog,
  RecordingRemover,
  RecordingSharesService,
  RecordingsService,
  RenderQueue,
  RendersService,
} from './domains/recordings/service.js';
import type { JournalWriter } from './domains/rooms/service.js';
import type { Idempotency } from './idempotency.js';
import type { Ids } from './ids.js';
import type { KeyRing } from './keys/key-ring.js';
import { shareLimits } from './limits.js';
import type { ControlMetrics } from './metrics.js';
import type { Recorders } from './recorders/recorders.js';
import type { SecurityLog } from './security-log.js';
import type { Database } from './store/database.js';
import type { Objects } from './store/objects.js';

export interface RecordingServicesContext {
  config: Config;
  database: Database;
  objects: Objects;
  recorders: Recorders;
  idempotency: Idempotency;
  hosts: HostAuthority;
  writer: JournalWriter;
  keys: KeyRing;
  clock: Clock;
  ids: Ids;
  bus: Bus;
  security: SecurityLog;
  log: FastifyBaseLogger;
  /** Of a meeting's public messages, those that nobody has deleted. */
  remainingChat: (meetingId: string, messageIds: readonly string[]) => Promise<Set<string>>;
  /** There is something for the outbox' relay. */
  onWritten: () => void;
}

/** What is kept of recordings. */
export interface KeptRecordings {
  recordings: RecordingsService;
  files: FileUrls;
  renders: RendersService;
  shares: RecordingSharesService;
  keeper: RecordingKeeper;
  renderQueue: RenderQueue;
  remover: RecordingRemover;
  /** What recorders say is heard from now on, and what waits is done. */
  start(): void;
  stop(): Promise<void>;
}

export function buildRecordings(context: RecordingServicesContext): KeptRecordings {
  const { config } = context;
  const recordingLog = new RecordingLog(context);
  const renderQueue = new RenderQueue(context);
  const remover = new RecordingRemover({ ...context, recordingLog });
  const keeper = new RecordingKeeper({
    ...{ ...context, recordingLog },
    layouts: config.recordings.layouts,
    keptDays: config.retention.recordingsDays,
    onQueued: () => renderQueue.poke(),
  });
  return {
    recordings: new RecordingsService({ ...context, onDeleted: () => remover.poke() }),
    files: new FileUrls(context),
    renders: new RendersService({ ...context, onQueued: () => renderQueue.poke() }),
    shares: new RecordingSharesService({ ...context, limits: shareLimits(config) }),
    ...{ keeper, renderQueue, remover },
    start: () => {
      keeper.start();
      renderQueue.start();
      remover.start();
    },
    stop: async () => {
      await Promise.all([keeper.stop(), renderQueue.stop(), remover.stop()]);
    },
  };
}

/** What is shown of recordings, beside what recorders show. */
export function observeRecordings(
  metrics: ControlMetrics,
  { live, recordings }: { live: LiveRecordings; recordings: RecordingsService },
): void {
  metrics.gauge(
    'plenum_recordings',
    'Recordings that go on in rooms of this process',
    () => live.counts.going,
  );
  metrics.gauge(
    'plenum_recordings_without_recorder',
    'Of these, those whose recorder is lost and that no other has yet',
    () => live.counts.lost,
  );
  metrics.gauge(
    'plenum_recordings_processing_seconds',
    'For how long the oldest recording that has ended waits for its files, of all processes',
    () => recordings.processingSeconds(),
  );
}
