import type { RecordingOrder, RecordingStatus, RoomFact } from '../../../../recorder/src/index.js';
import type { Clock } from '../../clock.js';
import { NodeError, type RoomRef } from '../../nodes/node-client.js';
import type { RecorderDescription } from '../../recorders/recorder-client.js';
import type { PlacedRecorder, Recorders } from '../../recorders/recorders.js';
import type { LinkedCopy } from '../rooms/service.js';
import { Take, type TakeWish } from './live-take.js';

export interface TakesContext {
  clock: Clock;
  recorders: Pick<Recorders, 'place' | 'find'>;
  report: (error: unknown, doing: string) => void;
  recordingId: string;
  room: () => RoomRef & { region: string };
  order: (take: number) => RecordingOrder;
  /** Who is there, and what they have said: what a recorder begins with. */
  roster: () => RoomFact[];
  /**
   * Writes which recorder has which take, and of which one there is nothing. False: it is over, or another
   * process goes on with it.
   */
  assign: (take: number, recorderId: string, refusedTake: number | null) => Promise<boolean>;
  /** What is written of it; null: it is over. */
  assigned: () => Promise<{ take: number; recorderId: string | null } | null>;
  /** A take that nobody was given, as the recording ended meanwhile. */
  unused: (take: number) => Promise<void>;
}

export interface TakesListener {
  /** Where it is recorded, and whether it is, is another by now. */
  changed: () => void;
  began: () => void;
  /** It has ended, by what is written. */
  over: () => void;
  /** No recorder takes it now. @param isRefused one that could be reached has not. */
  none: (isRefused: boolean) => void;
  status: (status: RecordingStatus) => void;
}

/** Refusals that say nothing of the take. */
const passing: readonly string[] = ['node_lost', 'stale_epoch', 'no_capacity'];
/** A process that was started has its recorders back by then, as its nodes. */
const expectMs = 4000;
/** For an answer of a recorder that may be dead; one that lives needs milliseconds. */
const adoptMs = 2000;
const againMs = 1000;
/** Who has refused is asked again after so long. */
const refusedMs = 10_000;
/** What was described before it was opened may come later. */
const describedLateMs = 10_000;

/**
 * The recorders that a recording has, one after the other. One that was lost and comes back goes on with the
 * take that it has; another one begins the next.
 */
export class Takes {
  private current: Take | null = null;
  /**
   * Nothing can be said to its recorder, which goes on by what it was told last: until another one has opened, or
   * more than that is forbidden.
   */
  private parted: Take | null = null;
  /** The current one, whose recorder stops soon: it goes on until the next one is assigned. */
  private leaver: Take | null = null;
  private wish: TakeWish | null = null;
  private openedAt = 0;
  /** The current one is used up: its recorder says that it goes on no more. */
  private isSpent = false;
  /** The current take may have come to a recorder: what there is of it is waited for. */
  private mayBeThere: boolean;
  /** The recorder that was to have it has refused. */
  private isRefused = false;
  private isWanted = false;
  private isOver = false;
  /** The recording has ended, and not only the room's stay in this process. */
  private hasEnded = false;
  private isSeeking = false;
  /** A recorder came while another look was under way. */
  private seeksAgain = false;
  /** An earlier process has left it at its recorder, with links: those go on when it is there again. */
  private isLeft: boolean;
  /** Until then the one that has it may come back before another one gets it. */
  private expectedUntil = Number.NEGATIVE_INFINITY;
  private readonly refused = new Map<string, number>();
  private readonly cancels = new Set<() => void>();

  /** @param last the one that is written. */
  constructor(
    private readonly context: TakesContext,
    private readonly listener: TakesListener,
    private last: { take: number; recorderId: string | null } = { take: 0, recorderId: null },
  ) {
    this.mayBeThere = this.isLeft = last.take > 0;
  }

  get copies(): readonly LinkedCopy[] {
    return [this.current, this.parted].filter((take) => take !== null);
  }

  get state(): 'none' | 'opening' | 'there' {
    if (this.current === null) return 'none';
    return this.current.isOpen ? 'there' : 'opening';
  }

  /** How many recorders had it. */
  get count(): number {
    return this.last.take;
  }

  /** The current one, if there is nothing of it anywhere; null: there may be. */
  get refusedTake(): number | null {
    return this.isRefused && !this.mayBeThere ? this.last.take : null;
  }

  get recorderId(): string | null {
    return this.last.recorderId;
  }

  /** Whether the one that has it by what is written may come back with its links. */
  get isExpected(): boolean {
    return this.isLeft && this.context.clock.monotonic() < this.expectedUntil;
  }

  want(wish: TakeWish): void {
    this.wish = wish;
    this.current?.want(wish);
    if (this.parted !== null && !this.parted.keepsTo(wish)) this.part(null);
  }

  tell(facts: readonly RoomFact[]): void {
    this.current?.tell(facts);
  }

  /** From now on it is to be somewhere. */
  begin(): void {
    if (this.isWanted) return;
    this.isWanted = true;
    void this.seek();
  }

  /** The recorder that has it by what is written goes on, with its links. Never rejects. */
  async adopt(): Promise<void> {
    const { recorders, clock } = this.context;
    if (this.last.take === 0) return;
    this.isWanted = true;
    const recorder = this.last.recorderId === null ? null : recorders.find(this.last.recorderId);
    if (recorder === null) {
      this.expectedUntil = clock.monotonic() + expectMs;
      this.later(expectMs, () => {
        this.listener.changed();
        void this.seek();
      });
      return;
    }
    const take = this.open(recorder);
    const answered = await new Promise<boolean>((resolve) => {
      const cancel = clock.after(adoptMs, () => clock.after(0, () => resolve(false)));
      const settled = (isOpen: boolean) => {
        cancel();
        resolve(isOpen);
      };
      take.opened.then(
        () => settled(true),
        () => settled(false),
      );
    });
    if (!answered && this.current === take) this.lose(take);
  }

  lost(recorderId: string): void {
    if (this.current?.placed.nodeId === recorderId) this.lose(this.current);
  }

  described(recorder: PlacedRecorder, { recordings }: RecorderDescription): void {
    if (this.isOver || !this.isWanted) return;
    if (this.current === null) {
      const isLast = recorder.recorderId === this.last.recorderId;
      if (isLast || this.context.clock.monotonic() >= this.expectedUntil) void this.seek();
      return;
    }
    if (this.current.recorder.recorderId !== recorder.recorderId) return;
    const { recordingId, clock } = this.context;
    const { take } = this.last;
    const status = recordings.find((one) => one.recordingId === recordingId && one.take === take);
    if (status !== undefined) this.heard(recorder.recorderId, status);
    else if (this.current.isOpen && clock.monotonic() - this.openedAt > describedLateMs)
      this.lose();
  }

  /** Its recorder stops soon: another one goes on, if there is one. */
  leaving(recorderId: string): void {
    if (this.current?.placed.nodeId !== recorderId) return;
    this.leaver = this.current;
    void this.seek();
  }

  heard(recorderId: string, status: RecordingStatus): void {
    if (this.current?.placed.nodeId !== recorderId || status.take !== this.last.take) return;
    if (!this.current.isOpen) return;
    const goesOn = ['recording', 'paused', 'degraded'].includes(status.state);
    if (goesOn) this.listener.status(status);
    else this.spend(recorderId, status);
  }

  end(reason: string): void {
    this.hasEnded = true;
    this.current?.end(reason);
    this.close();
  }

  /** Nothing is said to any recorder any more: they go on. */
  close(): void {
    this.isOver = true;
    this.current?.leave();
    this.current = this.parted = null;
    for (const cancel of this.cancels) cancel();
    this.cancels.clear();
  }

  /** Nobody has stopped it here. */
  private spend(recorderId: string, { state }: RecordingStatus): void {
    this.context.report(new Error(`It is ${state}.`), 'record at a recorder that goes on no more');
    this.isSpent = true;
    if (state === 'failed') this.refused.set(recorderId, this.context.clock.monotonic());
    this.lose();
  }

  /** @param goesOn it may go on without us. */
  private lose(goesOn: Take | null = null): void {
    this.mayBeThere = true;
    this.current?.leave();
    this.current = this.leaver = null;
    const keepsTo = goesOn !== null && (this.wish === null || goesOn.keepsTo(this.wish));
    this.part(keepsTo ? goesOn : null);
    void this.seek();
  }

  private part(take: Take | null): void {
    this.parted = take;
    this.listener.changed();
  }

  /** It is somewhere, and may stay there. */
  private get hasPlace(): boolean {
    return this.current !== null && this.current !== this.leaver;
  }

  private async seek(): Promise<void> {
    if (this.isOver || !this.isWanted || this.hasPlace) return;
    if (this.isSeeking) {
      this.seeksAgain = true;
      return;
    }
    this.isSeeking = true;
    try {
      await this.seekOnce();
    } catch (error) {
      this.context.report(error, 'find a recorder');
      this.later(againMs, () => void this.seek());
    } finally {
      this.isSeeking = false;
    }
    if (this.seeksAgain) {
      this.seeksAgain = false;
      void this.seek();
    }
  }

  private async seekOnce(): Promise<void> {
    const { assign, unused } = this.context;
    const recorder = this.choose();
    if (recorder === null) {
      if (this.current === null) this.listener.none(this.refused.size > 0);
      return;
    }
    const { recorderId } = recorder;
    if (this.last.recorderId !== recorderId || this.isSpent) {
      const take = this.last.take + 1;
      if (!(await assign(take, recorderId, this.refusedTake))) await this.readAgain();
      if (this.hasEnded) await unused(take);
      this.last = { take, recorderId };
      this.isSpent = this.mayBeThere = this.isLeft = false;
    }
    if (this.isOver || this.hasPlace) return;
    if (this.current !== null) {
      this.refused.set(this.current.placed.nodeId, this.context.clock.monotonic());
      this.current.end('moved');
    }
    this.open(recorder);
  }

  /** What we wrote may be there, though nobody said so: then it goes on from that. @throws Error */
  private async readAgain(): Promise<never> {
    const written = await this.context.assigned();
    if (written === null && !this.isOver) this.listener.over();
    if (written !== null && written.take > this.last.take) {
      this.last = written;
      this.isSpent = false;
      this.mayBeThere = true;
    }
    throw new Error('Its row is of another take.');
  }

  /** The one that had it, if it is back: with what it has. */
  private choose(): PlacedRecorder | null {
    const { recorders, clock, room } = this.context;
    for (const [recorderId, at] of this.refused) {
      if (clock.monotonic() - at > refusedMs) this.refused.delete(recorderId);
    }
    const { recorderId } = this.last;
    const except = [...this.refused.keys()];
    if (this.leaver !== null) except.push(this.leaver.placed.nodeId);
    const isFit = recorderId !== null && !this.isSpent && !except.includes(recorderId);
    const before = isFit ? recorders.find(recorderId) : null;
    return before ?? recorders.place({ region: room().region, except });
  }

  private open(recorder: PlacedRecorder): Take {
    const { room, order, clock, report, roster } = this.context;
    const { roomId, epoch } = room();
    const recording = order(this.last.take);
    const take = new Take(
      recorder,
      { roomId, epoch },
      { adopt: this.isLeft, recording, roster: roster() },
      { clock, report },
    );
    this.current = take;
    this.leaver = null;
    // It hears us again, and begins anew what it has of the room.
    if (this.parted?.placed.nodeId === recorder.recorderId) this.parted = null;
    this.isRefused = false;
    take.opened.then(
      () => this.opened(take),
      (error) => this.failed(take, error),
    );
    this.listener.changed();
    return take;
  }

  private opened(take: Take): void {
    if (this.current !== take) return;
    this.mayBeThere = true;
    this.isLeft = false;
    this.openedAt = this.context.clock.monotonic();
    if (this.parted !== null) this.part(null);
    this.listener.began();
  }

  private failed(take: Take, error: unknown): void {
    const code = error instanceof NodeError ? error.code : null;
    const isLost = code === 'node_lost';
    // Of a newer epoch it has the room, and perhaps this very take.
    if (isLost || code === 'stale_epoch') this.mayBeThere = true;
    this.isRefused = true;
    if (this.current !== take) {
      this.refusedLate();
      return;
    }
    this.context.report(error, 'open a room at a recorder');
    this.current = null;
    if (!isLost) this.refused.set(take.recorder.recorderId, this.context.clock.monotonic());
    // It has failed there, or is stopped: under its number nothing more is recorded.
    if (code === null || !passing.includes(code)) this.isSpent = true;
    this.listener.changed();
    this.later(againMs, () => void this.seek());
    if (!isLost) void this.seek();
  }

  /** After the end, which was written without knowing it. */
  private refusedLate(): void {
    const { refusedTake, hasEnded } = this;
    if (!hasEnded || refusedTake === null) return;
    this.context
      .unused(refusedTake)
      .catch((error) => this.context.report(error, 'write that a take is not there'));
  }

  private later(ms: number, task: () => void): void {
    if (this.isOver) return;
    const cancel = this.context.clock.after(ms, () => {
      this.cancels.delete(cancel);
      task();
    });
    this.cancels.add(cancel);
  }
}
