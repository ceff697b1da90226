import { isDeepStrictEqual } from 'node:util';
import type { RecordingOrder, RecordingStatus, RoomFact } from '../../../../recorder/src/index.js';
import { type Clock, isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { RecorderDescription } from '../../recorders/recorder-client.js';
import type { PlacedRecorder, Recorders } from '../../recorders/recorders.js';
import type { ServerPayloads, ServerType } from '../../schemas/server-messages.js';
import type { RecordingState } from '../../schemas/values.js';
import type { Database } from '../../store/database.js';
import {
  type ConsentRule,
  isHost,
  type JournalEntry,
  type LinkedCopy,
  type Room,
  type Seat,
  write,
} from '../rooms/service.js';
import { type Answer, Consents } from './consent.js';
import { LiveConsent } from './live-consent.js';
import { recordingChanged, recordingEnded } from './live-effects.js';
import { factsOf, presentIn, rosterOf } from './live-facts.js';
import { Mutes } from './live-mutes.js';
import * as repository from './live-repository.js';
import { type LiveState, standsStill, stateOf } from './live-states.js';
import { Takes } from './live-takes.js';
import { RecordedTime } from './live-time.js';

export interface LiveContext {
  database: Database;
  recorders: Recorders;
  clock: Clock;
}

/** A recording that begins, or that another process has left. */
export interface LiveGiven {
  recordingId: string;
  title: string;
  rule: ConsentRule;
  isPaused: boolean;
  /** It waited for somebody; until everybody is known again it goes on to. */
  isHeld: boolean;
  take: number;
  recorderId: string | null;
  /** Null: it has not begun. */
  startedAt: number | null;
  recordedMs: number;
  consents: readonly (readonly [participantId: string, answer: Answer])[];
  /** Who wanted it; null: nobody who is here. */
  by: string | null;
  /** They have said yes with it, to this recording. */
  hasAgreed?: boolean;
}

type EventType = 'recording.started' | 'recording.paused';
/** Recorders that have little space left: audio alone is written, or nothing. */
const diskTroubles: readonly (string | null)[] = ['disk_low', 'disk_full'];

/** A recording of a room that goes on: what it waits for, who is in it, where it is written. */
export class LiveRecording {
  private readonly consents: Consents;
  private readonly consent: LiveConsent;
  private readonly time: RecordedTime;
  private readonly takes: Takes;
  private readonly mutes = new Mutes();
  private isPaused: boolean;
  private startedAt: number | null;
  private trouble: string | null = null;
  private speaker: string | null = null;
  private shown: { state: LiveState; reason: string | null };
  private since: number;
  private missing: readonly string[] = [];
  private isReady = false;
  private isOver = false;

  /** @param over it goes on no more here. */
  constructor(
    private readonly room: Room,
    private readonly given: LiveGiven,
    private readonly context: LiveContext,
    private readonly over: () => void,
  ) {
    const { clock } = context;
    this.consents = new Consents(given.rule, given.consents);
    this.consent = new LiveConsent(room, this.consents, {
      ...{ clock, recordingId: given.recordingId },
      isOver: () => this.isOver,
      tell: (facts) => this.tell(facts),
      changed: () => this.review(),
    });
    this.time = new RecordedTime(clock, given.recordedMs);
    this.isPaused = given.isPaused;
    this.startedAt = given.startedAt;
    this.takes = this.newTakes();
    this.shown = this.now();
    this.since = clock.now();
  }

  get id(): string {
    return this.given.recordingId;
  }

  private get key() {
    return { meetingId: this.room.key.meetingId, recordingId: this.id };
  }

  get rule(): ConsentRule {
    return this.consents.rule;
  }

  get copies(): readonly LinkedCopy[] {
    return this.takes.copies;
  }

  get isExpected(): boolean {
    return this.takes.isExpected;
  }

  get state(): LiveState {
    return this.shown.state;
  }

  /** Its recorder is lost, and no other has it yet. */
  get isLost(): boolean {
    return this.shown.reason === 'recorder_lost';
  }

  get begun(): Date | null {
    return this.startedAt === null ? null : new Date(this.startedAt);
  }

  stateFor(seat: Seat): RecordingState {
    const { state, reason } = this.shown;
    const missing = isHost(seat.participant.role) ? this.missing : [];
    return {
      recording_id: this.id,
      state,
      since: isoTime(this.since),
      ...(reason === null ? {} : { reason }),
      ...(missing.length === 0 ? {} : { missing: [...missing] }),
    };
  }

  adopt(): Promise<void> {
    return this.takes.adopt();
  }

  /** From now on: everybody who is there is asked, and it begins when nothing is lacking. */
  begin(): void {
    this.isReady = true;
    const { by, hasAgreed = false } = this.given;
    for (const seat of presentIn(this.room)) this.consent.ask(seat, hasAgreed && seat.id === by);
    // An earlier process had them, and its recorder may have been opened before they were known here.
    if (this.given.take > 0) this.tell(this.roster());
    this.review();
    this.show();
  }

  /** Somebody is there. */
  came(participantId: string): void {
    const seat = this.room.seats.get(participantId);
    if (seat !== undefined && presentIn(this.room).includes(seat)) this.consent.ask(seat);
    this.review();
  }

  left(): void {
    this.review();
  }

  tell(facts: readonly RoomFact[]): void {
    this.takes.tell(facts);
  }

  /** What is told to everybody: what somebody writes is recorded when what they say would be. */
  hear<Type extends ServerType>(t: Type, d: ServerPayloads[Type]): void {
    const { isPaused, allowed } = this.wish;
    const mayWrite = (id: string) => !isPaused && (allowed === null || allowed.includes(id));
    this.mutes.hear(t, d, this.time.ms);
    this.tell(factsOf(t, d).filter((fact) => fact.type !== 'chat' || mayWrite(fact.participantId)));
  }

  speaks(participantId: string | null): void {
    if (participantId === this.speaker) return;
    this.speaker = participantId;
    this.tell([{ type: 'speaker', participantId }]);
  }

  /** Asked again with each snapshot, until there is an answer. */
  welcomed(seat: Seat): void {
    this.consent.welcomed(seat);
  }

  /** @throws as `LiveConsent.answer`. */
  answer(seat: Seat, accept: boolean): Promise<void> {
    return this.consent.answer(seat, accept);
  }

  /** @throws ControlError `already_done`. */
  async pause(by: string | null): Promise<void> {
    if (this.isPaused) throw new ControlError('already_done', 'It is paused.');
    this.isPaused = true;
    await this.review({ type: 'recording.paused', by });
  }

  /** @throws ControlError `already_done`. */
  async resume(by: string | null): Promise<void> {
    if (!this.isPaused) throw new ControlError('already_done', 'It is recorded already.');
    this.isPaused = false;
    await this.review({ type: 'recording.started', by });
  }

  /** For good. Resolves when it is durable; it ends at once. */
  async stop(by: string | null): Promise<void> {
    const event = this.endEvent('stopped', by);
    const effects = this.endEffects();
    this.finish('stopped', null);
    await this.room.record(event.type, by, event.payload, { effects });
  }

  /** What is written with the end of its room. */
  ending(): Required<Pick<JournalEntry, 'before' | 'effects'>> {
    return { before: [this.endEvent('meeting_ended', null)], effects: this.endEffects() };
  }

  /** Its room is over, and that is durable. */
  ended(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.takes.end('meeting_ended');
  }

  lost(recorderId: string): void {
    this.takes.lost(recorderId);
  }

  leaving(recorderId: string): void {
    this.takes.leaving(recorderId);
  }

  described(recorder: PlacedRecorder, description: RecorderDescription): void {
    this.takes.described(recorder, description);
  }

  heard(recorderId: string, status: RecordingStatus): void {
    this.takes.heard(recorderId, status);
  }

  /** The room is not here any more: what records it goes on. */
  close(): void {
    this.isOver = true;
    this.takes.close();
  }

  private newTakes(): Takes {
    const { room, context, given } = this;
    const { take, recorderId, recordingId } = given;
    return new Takes(
      {
        ...{ clock: context.clock, recorders: context.recorders, report: room.context.report },
        recordingId,
        room: () => ({ ...room.key, region: room.media.region }),
        order: (number) => this.orderOf(number),
        roster: () => this.roster(),
        assign: (number, recorder, refusedTake) => {
          const assigned = { ...this.key, take: number, recorderId: recorder, refusedTake };
          return repository.assignTake(context.database, assigned);
        },
        assigned: () => repository.assignedTake(context.database, this.key),
        unused: (number) => repository.writeUnused(context.database, this.key, number),
      },
      {
        changed: () => {
          room.linkPlaces();
          this.review();
        },
        began: () => this.began(),
        over: () => this.wasEnded(),
        none: (isRefused) => this.noRecorder(isRefused),
        status: (status) => this.onStatus(status),
      },
      { take, recorderId },
    );
  }

  /** All that is so, and that a recorder has to know. */
  private roster(): RoomFact[] {
    const { room } = this;
    return [
      ...rosterOf(room, this.consents, this.speaker),
      ...this.mutes.facts(room.publications.values()),
    ];
  }

  private orderOf(take: number): RecordingOrder {
    const { clock } = this.context;
    return {
      recordingId: this.id,
      meetingId: this.room.key.meetingId,
      title: this.given.title,
      startedAt: isoTime(this.startedAt ?? clock.now()),
      consent: this.rule,
      take,
      recordedMs: this.time.ms,
      ...this.wish,
    };
  }

  private get wish() {
    const { isPaused } = this;
    const isStill = standsStill({ isPaused, isHeld: this.isHeld });
    return { isPaused: isStill, allowed: this.consents.allowed };
  }

  private get isHeld(): boolean {
    if (!this.isReady) return this.given.isHeld;
    return this.consents.holds(presentIn(this.room).map(({ id }) => id));
  }

  private now(): { state: LiveState; reason: string | null } {
    const { isPaused, isHeld, trouble } = this;
    const hasBegun = this.startedAt !== null;
    return stateOf({ isPaused, isHeld, hasBegun, trouble, recorder: this.takes.state });
  }

  /** What follows from what is the case now is done, shown and written. */
  private review(event: { type: EventType; by: string | null } | null = null): Promise<void> {
    if (this.isOver) return Promise.resolve();
    this.takes.want(this.wish);
    this.time.run(this.startedAt !== null && !this.wish.isPaused);
    if (!this.isHeld) this.takes.begin();
    const isNews = this.look();
    return isNews || event !== null ? this.write(event) : Promise.resolve();
  }

  /** @returns whether its state is another. */
  private look(): boolean {
    const next = this.now();
    const missing = this.consents.missing(presentIn(this.room).map(({ id }) => id));
    const isNews = !isDeepStrictEqual(next, this.shown);
    const hostsAlone = !isNews && !isDeepStrictEqual(missing, this.missing);
    this.missing = missing;
    if (isNews) {
      this.shown = next;
      this.since = this.context.clock.now();
    }
    if (isNews || hostsAlone) this.show(hostsAlone);
    return isNews;
  }

  private show(hostsAlone = false): void {
    for (const seat of this.room.seats.values()) {
      if (!seat.welcomed || (hostsAlone && !isHost(seat.participant.role))) continue;
      seat.emit(write('recording.state', this.stateFor(seat)));
    }
  }

  private write(event: { type: EventType; by: string | null } | null): Promise<void> {
    const { state: status, reason } = this.shown;
    const { isPaused, startedAt } = this;
    const change = { ...this.key, status, reason, recordedMs: this.time.ms };
    const effects = [recordingChanged({ ...change, isPaused, startedAt })];
    const payload = event === null ? {} : { recording_id: this.id, ...this.counted() };
    const written = this.room.record(event?.type ?? null, event?.by ?? null, payload, { effects });
    // Whoever wants nothing of it hears nothing of its failure.
    if (event === null)
      written.catch((error) => this.report(error, 'write how a recording goes on'));
    return event === null ? Promise.resolve() : written;
  }

  private counted() {
    return { recorded_ms: Math.round(this.time.ms) };
  }

  private began(): void {
    const isFirst = this.startedAt === null;
    this.trouble = null;
    if (isFirst) this.startedAt = this.context.clock.now();
    this.room.linkPlaces();
    this.review(isFirst ? { type: 'recording.started', by: this.given.by } : null).catch((error) =>
      this.report(error, 'write that a recording began'),
    );
  }

  /** Each 5 s, and when it changes. Its recorder's time is that of the files. */
  private onStatus({ trouble, recordedMs }: RecordingStatus): void {
    this.time.set(recordedMs);
    const isLow = diskTroubles.includes(trouble) && trouble !== this.trouble;
    this.trouble = trouble;
    if (isLow) this.tellDisk(trouble);
    this.review();
    this.keepTime();
  }

  private tellDisk(trouble: RecordingStatus['trouble']): void {
    const { recorderId } = this.takes;
    const payload = { recording_id: this.id, recorder_id: recorderId, state: trouble };
    this.room
      .record('disk.low', null, payload)
      .catch((error) => this.report(error, 'write that a disk is full'));
  }

  private keepTime(): void {
    const { database } = this.context;
    if (database.isAway) return;
    const kept = { ...this.key, take: this.takes.count, recordedMs: this.time.ms };
    repository.keepTime(database, kept).catch(() => {}); // said again soon
  }

  /** One that has never begun would wait for ever; one that has goes on when there is a recorder. */
  private noRecorder(isRefused: boolean): void {
    if (this.startedAt !== null || !isRefused || this.isOver) return;
    const { refusedTake } = this.takes;
    const end = { ...this.key, recordedMs: 0, failure: 'no_recorder', refusedTake };
    const effects = [recordingEnded({ ...end, at: this.context.clock.now() })];
    this.finish('failed', 'no_recorder');
    const payload = { recording_id: this.id, reason: 'no_recorder' };
    this.room
      .record('recording.failed', null, payload, { effects })
      .catch((error) => this.report(error, 'write that a recording failed'));
  }

  /** It is written so, by whoever had the room before. */
  private wasEnded(): void {
    if (!this.isOver) this.finish('stopped', null);
  }

  private finish(state: 'stopped' | 'failed', reason: string | null): void {
    const since = isoTime(this.context.clock.now());
    const last = { recording_id: this.id, state, since, ...(reason === null ? {} : { reason }) };
    this.isOver = true;
    this.takes.end(state);
    this.over();
    this.room.broadcast('recording.state', last);
    this.room.linkPlaces();
  }

  /** What never began has failed. */
  private endEvent(reason: string, by: string | null) {
    const { clock, ids } = this.room.context;
    const hasBegun = this.startedAt !== null;
    const type = hasBegun ? 'recording.stopped' : 'recording.failed';
    const end = hasBegun ? { reason, ...this.counted() } : { reason: 'never_began' };
    const payload = { recording_id: this.id, ...end };
    const event = { eventId: ids.next(), type, participantId: by, payload } as const;
    return { ...event, at: clock.now() };
  }

  private endEffects() {
    const failure = this.startedAt === null ? 'never_began' : null;
    const { refusedTake } = this.takes;
    const end = { ...this.key, recordedMs: this.time.ms, failure, refusedTake };
    return [recordingEnded({ ...end, at: this.context.clock.now() })];
  }

  private report(error: unknown, doing: string): void {
    this.room.context.report(error, doing);
  }
}
