import { ControlError } from '../../control-error.js';
import type { RecorderDescription } from '../../recorders/recorder-client.js';
import type { PlacedRecorder } from '../../recorders/recorders.js';
import type {
  EphemeralType,
  SequencedType,
  ServerPayloads,
} from '../../schemas/server-messages.js';
import type { Queryable } from '../../store/database.js';
import type { Room, RoomRecorder, Seat } from '../rooms/service.js';
import { type LiveContext, type LiveGiven, LiveRecording } from './live-recording.js';
import * as repository from './live-repository.js';

/** Who wants a recording to begin. */
export interface Starter {
  /** Who sits in the room; null: an account that does not, or nobody. */
  seat: Seat | null;
  userId: string | null;
  /** They agree, or not, to be recorded themselves. */
  consent?: boolean | undefined;
}

/** What is written in the transaction in which a recording begins. */
export type WithStart = (tx: Queryable, recordingId: string) => Promise<void>;

export interface RoomRecordingContext extends LiveContext {
  titleOf: (meetingId: string) => Promise<string>;
}

const nobody: Starter = { seat: null, userId: null };

/** Whether a room is recorded, as long as it is here: one recording at a time. */
export class RoomRecording implements RoomRecorder {
  private live: LiveRecording | null = null;
  private starting: Promise<unknown> | null = null;
  /** By itself it begins as the first of its room, whatever becomes of that. */
  private hasBegun = false;
  private isClosed = false;

  /** @param gone the room is not here any more. */
  constructor(
    readonly room: Room,
    private readonly context: RoomRecordingContext,
    private readonly gone: () => void,
  ) {}

  /** One that an earlier process has left. */
  takeOver(left: LiveGiven): void {
    this.live = this.newLive(left);
    this.hasBegun = true;
  }

  /** The room was recorded while an earlier process had it. */
  wasBegun(): void {
    this.hasBegun = true;
  }

  get current(): LiveRecording | null {
    return this.live;
  }

  get rule() {
    return this.live?.rule ?? null;
  }

  get copies() {
    return this.live?.copies ?? [];
  }

  get isExpected() {
    return this.live?.isExpected ?? false;
  }

  stateFor(seat: Seat) {
    return this.live?.stateFor(seat) ?? null;
  }

  async adopt(): Promise<void> {
    await this.live?.adopt();
  }

  ready(): void {
    this.live?.begin();
    this.beginByItself();
  }

  told<Type extends SequencedType | EphemeralType>(t: Type, d: ServerPayloads[Type]): void {
    if (t === 'participant.joined') this.beginByItself();
    if (this.live === null) return;
    this.live.hear(t, d);
    if (t === 'participant.joined') {
      this.live.came((d as ServerPayloads['participant.joined']).participant.id);
    } else if (t === 'participant.left') this.live.left();
  }

  speaks(participantId: string | null): void {
    this.live?.speaks(participantId);
  }

  moved(node: { nodeId: string; epoch: number }, reason: string): void {
    this.live?.tell([{ type: 'node', ...node, reason }]);
  }

  welcomed(seat: Seat): void {
    this.live?.welcomed(seat);
  }

  ending() {
    return this.live?.ending() ?? { before: [], effects: [] };
  }

  ended(): void {
    this.live?.ended();
  }

  close(): void {
    this.isClosed = true;
    this.live?.close();
    this.gone();
  }

  lost(recorderId: string): void {
    this.live?.lost(recorderId);
  }

  leaving(recorderId: string): void {
    this.live?.leaving(recorderId);
  }

  described(recorder: PlacedRecorder, description: RecorderDescription): void {
    this.live?.described(recorder, description);
    this.beginByItself();
  }

  /**
   * Begins, and resolves when that is written; what becomes of it is told to everybody.
   * @throws ControlError `already_done`, `recording_unavailable`, `dependency_down`.
   */
  async start(by: Starter, within: WithStart = async () => {}): Promise<void> {
    if (this.live !== null || this.starting !== null) {
      throw new ControlError('already_done', 'The room is recorded already.');
    }
    const { recorders, database } = this.context;
    if (recorders.place({ region: this.room.media.region }) === null) {
      throw new ControlError('recording_unavailable', 'There is no recorder.');
    }
    if (database.isAway) throw new ControlError('dependency_down', 'The database is away.');
    const started = this.write(by, within).finally(() => {
      this.starting = null;
    });
    this.starting = started;
    return started;
  }

  /** @throws ControlError `not_found`: it is over, or another one. */
  of(recordingId: string): LiveRecording {
    if (this.live?.id !== recordingId) {
      throw new ControlError('not_found', 'There is no such recording in the room.');
    }
    return this.live;
  }

  private async write(by: Starter, within: WithStart): Promise<void> {
    const { database, clock, titleOf } = this.context;
    const { room } = this;
    const { meetingId, roomId } = room.key;
    const { consent: rule } = room.policy.recording;
    const recordingId = room.context.ids.next();
    const at = new Date(clock.now());
    const title = await titleOf(meetingId);
    const startedBy = by.userId ?? by.seat?.id ?? null;
    await database.transaction(async (tx) => {
      // Here nothing goes on: what is written as going on is of a try whose outcome was lost.
      await repository.endLeft(tx, meetingId, at);
      const { epoch } = room.key;
      const status = rule === 'all_must_accept' ? 'waiting_consent' : 'starting';
      const fresh = {
        meetingId,
        recordingId,
        roomId,
        epoch,
        title,
        startedBy,
        status,
        at,
      } as const;
      if (!(await repository.insertRecording(tx, { ...fresh, consent: rule }))) {
        throw new ControlError('stale_epoch', 'Another process has the room.');
      }
      await within(tx, recordingId);
    });
    this.hasBegun = true;
    if (this.isClosed) throw new ControlError('not_in_room', 'The room is closed.');
    // A yes is of this recording alone; after a no it takes that back.
    if (by.seat !== null && by.consent === false) by.seat.consented = false;
    else if (by.seat?.consented === false && by.consent === true) by.seat.consented = null;
    const fresh = { isPaused: false, isHeld: false, take: 0, recorderId: null, recordedMs: 0 };
    const hasAgreed = by.consent === true;
    const known = { startedAt: null, consents: [], by: by.seat?.id ?? null, hasAgreed };
    this.live = this.newLive({ recordingId, title, rule, ...fresh, ...known });
    this.live.begin();
  }

  private newLive(given: LiveGiven): LiveRecording {
    const live: LiveRecording = new LiveRecording(this.room, given, this.context, () => {
      if (this.live === live) this.live = null;
    });
    return live;
  }

  /** With the first person who is in; later, when there is no recorder yet. */
  private beginByItself(): void {
    const { policy, seats } = this.room;
    if (!policy.recording.auto || this.hasBegun || this.isClosed) return;
    const isSomebodyIn = [...seats.values()].some(
      ({ isAnnounced, participant: { kind } }) => isAnnounced && kind === undefined,
    );
    if (!isSomebodyIn || this.live !== null || this.starting !== null) return;
    this.start(nobody).catch((error) => {
      if ((error as ControlError).code !== 'recording_unavailable') {
        this.room.context.report(error, 'begin a recording by itself');
      }
    });
  }
}
