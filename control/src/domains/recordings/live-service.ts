import type { Clock } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { Owners } from '../../fleet/elsewhere.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { isId } from '../../ids.js';
import type { RecorderEvent } from '../../recorders/recorder-client.js';
import type { Recorders } from '../../recorders/recorders.js';
import type { Recording, RecordingChange } from '../../schemas/http.js';
import type { Database } from '../../store/database.js';
import type { Moderator } from '../moderation/service.js';
import { isHost, type Room, type RoomRecorder, type Seat } from '../rooms/service.js';
import type { LiveGiven } from './live-recording.js';
import * as repository from './live-repository.js';
import { RoomRecording, type Starter } from './live-room.js';
import { presentRecording } from './present.js';
import { findRecording } from './repository.js';

export { Consents, consentTextVersion } from './consent.js';
export { recordingEffects } from './live-effects.js';
export type { Starter } from './live-room.js';

export interface LiveRecordingsContext {
  database: Database;
  recorders: Recorders;
  idempotency: Idempotency;
  clock: Clock;
  owners: Owners;
  titleOf: (meetingId: string) => Promise<string>;
}

/** The recordings of rooms that are here: what hosts ask of them, what recorders say. */
export class LiveRecordings {
  private readonly rooms = new Map<string, RoomRecording>();

  constructor(private readonly context: LiveRecordingsContext) {
    context.recorders.listen({
      event: (recorderId, event) => this.onEvent(recorderId, event),
      lost: (recorderId) => {
        for (const recording of this.rooms.values()) recording.lost(recorderId);
      },
      leaving: (recorderId) => {
        for (const recording of this.rooms.values()) recording.leaving(recorderId);
      },
      described: (recorder, description) => {
        for (const recording of this.rooms.values()) recording.described(recorder, description);
      },
    });
  }

  /** How many go on in rooms that are here, and how many of them no recorder writes, which one did before. */
  get counts(): { going: number; lost: number } {
    const all = [...this.rooms.values()].flatMap(({ current }) => current ?? []);
    return { going: all.length, lost: all.filter(({ isLost }) => isLost).length };
  }

  /** The room is ours from now on, and may be recorded since an earlier process had it. */
  async attend(room: Room): Promise<RoomRecorder> {
    const recording: RoomRecording = new RoomRecording(room, this.context, () => {
      if (this.rooms.get(room.key.roomId) === recording) this.rooms.delete(room.key.roomId);
    });
    const left = await this.leftOf(room);
    if (left !== null) recording.takeOver(left);
    else if (await repository.wasRecorded(this.context.database, room.key)) recording.wasBegun();
    this.rooms.set(room.key.roomId, recording);
    return recording;
  }

  /**
   * Begins, or goes on after a pause.
   * @throws ControlError `role_required`, `already_done`, `recording_unavailable`, `dependency_down`.
   */
  async start(room: Room, moderator: Moderator, by: Starter): Promise<void> {
    requireHost(moderator);
    const recording = this.of(room);
    if (recording.current === null) await recording.start(by);
    else await recording.current.resume(moderator.id);
  }

  /** @throws ControlError `role_required`, `not_found`, `already_done`. */
  async pause(room: Room, moderator: Moderator, recordingId: string): Promise<void> {
    requireHost(moderator);
    await this.of(room).of(recordingId).pause(moderator.id);
  }

  /** @throws ControlError `role_required`, `not_found`. */
  async stop(room: Room, moderator: Moderator, recordingId: string): Promise<void> {
    requireHost(moderator);
    await this.of(room).of(recordingId).stop(moderator.id);
  }

  /** @throws ControlError `not_found`, `conflict`. */
  async answer(room: Room, seat: Seat, recordingId: string, accept: boolean): Promise<void> {
    await this.of(room).of(recordingId).answer(seat, accept);
  }

  /** As `start` of a new one, over HTTP: once for each key. @throws also as `Idempotency`. */
  async create(
    room: Room,
    { moderator, by }: { moderator: Moderator; by: Starter },
    request: CreatingRequest,
  ): Promise<GivenAnswer<Recording>> {
    requireHost(moderator);
    const { idempotency } = this.context;
    const stored = await idempotency.replay<Recording>(request);
    if (stored !== null) return stored;
    return idempotency.alone(request, async () => {
      let body: Recording | null = null;
      await this.of(room).start(by, async (tx, recordingId) => {
        const record = await findRecording(tx, { meetingId: room.key.meetingId, recordingId });
        if (record !== null) body = presentRecording(record);
        const [isOurs] = await idempotency.claim(tx, [{ request, answer: { status: 201, body } }]);
        if (!isOurs) throw new ControlError('conflict', 'The same request is being answered.');
      });
      return { status: 201, body: body as unknown as Recording, replayed: false };
    });
  }

  /** @throws Elsewhere: another process has its room. */
  async checkHere(recordingId: string): Promise<void> {
    const { database, owners } = this.context;
    const meetingId = isId(recordingId) ? await repository.meetingOf(database, recordingId) : null;
    if (meetingId !== null) await owners.check(meetingId);
  }

  /**
   * What a host wants of one that goes on; it is no failure that it is so already.
   * @param by who sits in the room; null: an account.
   * @throws ControlError `conflict`: it does not go on any more.
   */
  async change(recordingId: string, by: string | null, { state }: RecordingChange): Promise<void> {
    const all = [...this.rooms.values()].flatMap(({ current }) => current ?? []);
    const live = all.find(({ id }) => id === recordingId);
    if (live === undefined) throw new ControlError('conflict', 'It is over.');
    const done =
      state === 'stopped' ? live.stop(by) : state === 'paused' ? live.pause(by) : live.resume(by);
    await done.catch((error) => {
      if ((error as ControlError).code !== 'already_done') throw error;
    });
  }

  private of(room: Room): RoomRecording {
    const recording = this.rooms.get(room.key.roomId);
    if (recording === undefined) throw new ControlError('not_in_room', 'The room is closed.');
    return recording;
  }

  /** Null: nothing is recorded, or it was another room of the meeting. */
  private async leftOf(room: Room): Promise<LiveGiven | null> {
    const { database, clock } = this.context;
    const { meetingId, roomId } = room.key;
    const left = await repository.findLive(database, meetingId);
    if (left === null) return null;
    if (left.roomId !== roomId) {
      await repository.endLeft(database, meetingId, new Date(clock.now()));
      return null;
    }
    const {
      recordingId,
      title,
      consent: rule,
      take,
      recorderId,
      recordedMs,
      status,
      isPaused,
    } = left;
    const consents = await repository.consentsOf(database, recordingId);
    return {
      ...{ recordingId, title, rule, take, recorderId, recordedMs, isPaused, by: null },
      isHeld: status === 'waiting_consent',
      startedAt: left.startedAt?.getTime() ?? null,
      consents: consents.map(({ participantId, accepted }) => [participantId, accepted] as const),
    };
  }

  private onEvent(recorderId: string, event: RecorderEvent): void {
    if (event.type === 'link_said') {
      const room = this.rooms.get(event.roomId)?.room;
      room?.links.said({ nodeId: recorderId, epoch: event.epoch }, event.linkId, event.word);
    } else if (event.type === 'recording') {
      const { status } = event;
      for (const { current } of this.rooms.values()) {
        if (current?.id === status.recordingId) current.heard(recorderId, status);
      }
    }
  }
}

function requireHost({ role }: Moderator): void {
  if (!isHost(role)) throw new ControlError('role_required', 'Only hosts may do this.');
}
