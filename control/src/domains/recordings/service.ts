import { Readable } from 'node:stream';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { isId } from '../../ids.js';
import { LoopTurns } from '../../loop-turns.js';
import { type ExpectedVersions, etag } from '../../plugins/etag.js';
import { type PageWish, pageOf } from '../../plugins/page.js';
import { type Principal, secondFactorNeeded } from '../../principal.js';
import type {
  Consent,
  Listed,
  Page,
  Playback,
  Recording,
  RecordingQuery,
} from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database, Queryable } from '../../store/database.js';
import type { Objects } from '../../store/objects.js';
import type { ActingHost, HostAuthority } from '../ingest-keys/service.js';
import * as keeping from './keeping-repository.js';
import { linesOf, manifestsOf, type ReadLine } from './manifests.js';
import type { Told } from './playback.js';
import { Playbacks } from './playbacks.js';
import { presentConsent, presentRecording } from './present.js';
import type { FileRecord, RecordingRecord } from './repository.js';
import * as repository from './repository.js';

export { FileUrls } from './file-urls.js';
export { RecordingKeeper } from './keeper.js';
export { presentRecording } from './present.js';
export { RecordingLog } from './recording-log.js';
export { RecordingRemover } from './remover.js';
export { RenderQueue } from './render-queue.js';
export { RendersService } from './renders.js';
export type { RecordingRecord } from './repository.js';
export { RecordingSharesService, type ShareLimits } from './shares.js';

export interface RecordingsContext {
  database: Database;
  objects: Objects;
  hosts: HostAuthority;
  clock: Clock;
  security: SecurityLog;
  log: FastifyBaseLogger;
  /** Public messages of a meeting, by their ids: those of them that nobody has deleted. */
  remainingChat: (meetingId: string, messageIds: readonly string[]) => Promise<Set<string>>;
  /** There is something to take away. */
  onDeleted: () => void;
}

/** While somebody has it in a room. */
const liveStates: readonly string[] = [
  ...['waiting_consent', 'starting', 'recording', 'paused', 'degraded'],
];

/** What is kept of recordings, for whoever may have it: hosts of the meeting, and administrators. */
export class RecordingsService {
  private readonly turns = new LoopTurns();
  private readonly playbacks: Playbacks;

  constructor(private readonly context: RecordingsContext) {
    const { clock } = context;
    this.playbacks = new Playbacks({ clock, lines: (manifests) => this.linesOf(manifests) });
  }

  /**
   * The recording, to whoever is a host of its meeting.
   * @param secret of a host's invite, shown by whoever is nobody else.
   * @throws ControlError `not_found`, also for what is not theirs; `unauthenticated`, `role_required`.
   */
  async of(
    principal: Principal,
    recordingId: string,
    secret: string | null,
  ): Promise<{ recording: RecordingRecord; host: ActingHost }> {
    const recording = isId(recordingId)
      ? await repository.lookUpRecording(this.context.database, recordingId)
      : null;
    if (recording === null) {
      if (principal.kind !== 'none') throw noRecording();
      throw new ControlError('unauthenticated', 'A token of a host of its meeting is needed.');
    }
    const { hosts } = this.context;
    try {
      return { recording, host: await hosts.of(principal, recording.meetingId, secret) };
    } catch (error) {
      const isMissing = error instanceof ControlError && error.code === 'not_found';
      throw isMissing ? noRecording() : error;
    }
  }

  /** Of a meeting. @throws ControlError `bad_request` for a cursor of another making. */
  listOf(meetingId: string, query: Page & { order?: 'asc' | 'desc' }): Promise<Listed<Recording>> {
    return this.page(pageOf.read(query), { meetingId, hostId: null });
  }

  /**
   * Of the meetings of an account; `all`, to administrators: whoever's.
   * @throws ControlError `forbidden`, `bad_request`.
   */
  list(
    principal: Principal,
    { all = false, ...query }: RecordingQuery,
  ): Promise<Listed<Recording>> {
    if (!('userId' in principal)) throw new ControlError('forbidden', 'This is not for you.');
    if (all && !principal.isAdmin) {
      if (principal.kind === 'user' && principal.needsSecondFactor) throw secondFactorNeeded();
      throw new ControlError('forbidden', 'Only administrators see those of others.');
    }
    const hostId = all ? null : principal.userId;
    return this.page(pageOf.read(query), { meetingId: null, hostId });
  }

  private async page(
    place: PageWish,
    wanted: { meetingId: string | null; hostId: string | null },
  ): Promise<Listed<Recording>> {
    const { database } = this.context;
    const rows = await repository.listRecordings(database, { ...place, ...wanted });
    return pageOf.list(
      rows,
      place.limit,
      (row) => pageOf.cursorAt(row.recordingId, place.order),
      (row) => presentRecording(row),
    );
  }

  async present(recording: RecordingRecord): Promise<Recording> {
    return presentRecording(recording, await this.filesOf(recording));
  }

  filesOf({ recordingId }: RecordingRecord): Promise<FileRecord[]> {
    return repository.filesOf(this.context.database, recordingId);
  }

  /**
   * As JSON lines, of the takes that are stored: one manifest, that says once whose it is. Of the chat what is left.
   * @throws ControlError `dependency_down`, before anything of it is there; so with the next.
   */
  async manifest(recording: RecordingRecord): Promise<Readable> {
    const files = await this.filesOf(recording);
    const said = await this.saidIn(recording, await this.playbacks.of(files));
    const texts = this.textsOf(manifestsOf(files), said);
    const first = await texts.next();
    const stream = Readable.from(behind(first, texts), { objectMode: false });
    // Whoever leaves early leaves nothing open at the store.
    stream.once('close', () => void texts.return(undefined));
    return stream;
  }

  private async *textsOf(
    manifests: readonly FileRecord[],
    said: ReadonlySet<string>,
  ): AsyncGenerator<string> {
    let hasBegun = false;
    for await (const lines of this.linesOf(manifests)) {
      const kept = lines.filter(({ line }) => {
        if (line.type === 'chat') return said.has(line.message_id);
        if (line.type !== 'recording') return true;
        const isFirst = !hasBegun;
        hasBegun = true;
        return isFirst;
      });
      if (kept.length > 0) yield kept.map(({ text }) => `${text}\n`).join('');
    }
  }

  async playback(recording: RecordingRecord): Promise<Playback> {
    const files = await this.filesOf(recording);
    const told = await this.playbacks.of(files);
    const said = await this.saidIn(recording, told);
    const messages = told.messages.filter(({ message_id }) => said.has(message_id));
    return { recording: presentRecording(recording, files), ...told, messages };
  }

  /** Also what was deleted after it was recorded is in no manifest that is given out. */
  private saidIn({ meetingId }: RecordingRecord, { messages }: Told): Promise<Set<string>> {
    const ids = messages.map(({ message_id }) => message_id);
    return this.context.remainingChat(meetingId, ids);
  }

  private linesOf(manifests: readonly FileRecord[]): AsyncGenerator<ReadLine[]> {
    const { objects, log } = this.context;
    const report = (err: unknown) => log.error({ err }, 'a manifest cannot be read');
    return linesOf(manifests, { objects, turns: this.turns }, report);
  }

  /** @throws ControlError `bad_request` for a cursor of another making. */
  async consents({ recordingId }: RecordingRecord, page: Page): Promise<Listed<Consent>> {
    const place = pageOf.read(page);
    const rows = await repository.listConsents(this.context.database, recordingId, place);
    return pageOf.list(rows, place.limit, (row) => row.participantId, presentConsent);
  }

  /**
   * Nobody sees it any more; its files go in the background.
   * @throws ControlError `conflict` while it is being recorded; `precondition_failed`, `not_found`.
   */
  async remove(
    { meetingId, recordingId }: RecordingRecord,
    expected: ExpectedVersions,
  ): Promise<void> {
    const { database, clock, security, onDeleted } = this.context;
    const key = { meetingId, recordingId };
    await database.transaction(async (tx) => {
      const recording = await repository.lockRecording(tx, key);
      if (recording === null || recording.deletedAt !== null) throw noRecording();
      etag.check(expected, recording.version);
      if (liveStates.includes(recording.status)) {
        throw new ControlError('conflict', 'It is being recorded: stop it first.');
      }
      await keeping.markDeleted(tx, key, new Date(clock.now()));
    });
    security.write('recording.deleted', { meeting_id: meetingId, recording_id: recordingId });
    onDeleted();
  }

  /** For how long the oldest recording that has ended waits to be ready. */
  processingSeconds(): Promise<number> {
    return keeping.unsettledSeconds(this.context.database);
  }

  /** Of an account that is deleted, before it leaves its meetings. */
  async forget(tx: Queryable, userId: string): Promise<void> {
    await keeping.markOfHost(tx, userId, new Date(this.context.clock.now()));
  }

  /** Of a meeting that is deleted. */
  async forgetMeeting(tx: Queryable, meetingId: string): Promise<void> {
    await keeping.markOfMeeting(tx, meetingId, new Date(this.context.clock.now()));
  }
}

async function* behind<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

export function noRecording(): ControlError {
  return new ControlError('not_found', 'There is no such recording.');
}
