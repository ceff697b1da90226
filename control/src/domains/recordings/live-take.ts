import { isDeepStrictEqual } from 'node:util';
import type { RecordingOrder, RoomFact } from '../../../../recorder/src/index.js';
import type { Clock } from '../../clock.js';
import type { RoomRef } from '../../nodes/node-client.js';
import type { TakeRef } from '../../recorders/recorder-client.js';
import type { PlacedRecorder } from '../../recorders/recorders.js';
import type { LinkedCopy } from '../rooms/service.js';

export interface TakeContext {
  clock: Clock;
  report: (error: unknown, doing: string) => void;
}

/** What holds at a recorder from now on. */
export interface TakeWish {
  isPaused: boolean;
  allowed: readonly string[] | null;
}

/** Between two tries to make it hold. */
const againMs = 1000;
/** Facts that wait for a recorder to open, behind the roster: of a room in which much is said, a few seconds. */
const maxFacts = 1000;

/**
 * What one recorder has of a recording: the far end of the room's links. What is wanted of it is a level, and
 * is said until it holds; facts are said once.
 */
export class Take implements LinkedCopy {
  readonly placed: LinkedCopy['placed'];
  readonly epoch: number;
  readonly opened: LinkedCopy['opened'];
  private readonly takeRef: TakeRef;
  private readonly facts: RoomFact[] = [];
  private wanted: TakeWish;
  /** Null: not known, as a call that failed may have been done. */
  private holds: TakeWish | null;
  private hasOpened = false;
  private isOver = false;
  private isBringing = false;

  constructor(
    readonly recorder: PlacedRecorder,
    private readonly ref: RoomRef,
    { roster, ...order }: { adopt: boolean; recording: RecordingOrder; roster: RoomFact[] },
    private readonly context: TakeContext,
  ) {
    const { isPaused, allowed, recordingId, take } = order.recording;
    this.takeRef = { recordingId, take };
    this.placed = { nodeId: recorder.recorderId, client: recorder.client };
    this.epoch = ref.epoch;
    this.wanted = { isPaused, allowed };
    this.holds = this.wanted;
    this.opened = recorder.client.openRoom({ ...ref, ...order });
    this.opened.then(
      () => this.begun(roster),
      () => {}, // whoever waits for it hears of it
    );
  }

  get isOpen(): boolean {
    return this.hasOpened && !this.isOver;
  }

  /** Whether it writes nothing but what is wished, though nothing can be said to it any more. */
  keepsTo({ isPaused, allowed }: TakeWish): boolean {
    const { holds } = this;
    if (holds === null || holds.isPaused) return holds !== null;
    if (isPaused) return false;
    if (allowed === null) return true;
    return holds.allowed?.every((each) => allowed.includes(each)) ?? false;
  }

  want(wish: TakeWish): void {
    this.wanted = wish;
    void this.bring();
  }

  tell(facts: readonly RoomFact[]): void {
    if (this.isOver || facts.length === 0) return;
    if (!this.hasOpened) {
      this.facts.push(...facts);
      if (this.facts.length > maxFacts) this.facts.splice(0, this.facts.length - maxFacts);
      return;
    }
    this.recorder.client
      .tell({ ...this.ref, facts })
      .catch((error) => this.context.report(error, 'tell a recorder what happens'));
  }

  /** It is stopped there; what there is of it is stored. */
  end(reason: string): void {
    this.isOver = true;
    this.opened
      .then(() => this.recorder.client.closeRoom({ ...this.ref, ...this.takeRef, reason }))
      .catch((error) => this.context.report(error, 'stop a recorder')); // it is told again when it is found
  }

  /** Nothing is said to it any more: it is lost, or another process has the room. */
  leave(): void {
    this.isOver = true;
  }

  private begun(roster: readonly RoomFact[]): void {
    this.hasOpened = true;
    this.tell([...roster, ...this.facts.splice(0)]);
    void this.bring();
  }

  private async bring(): Promise<void> {
    if (this.isBringing) return;
    this.isBringing = true;
    while (this.isOpen && !isDeepStrictEqual(this.holds, this.wanted)) {
      await this.bringOnce(this.wanted).catch(async (error) => {
        this.context.report(error, 'tell a recorder what may be written');
        await new Promise<void>((resume) => this.context.clock.after(againMs, resume));
      });
    }
    this.isBringing = false;
  }

  /** At no moment more is written than one of the two allows. */
  private async bringOnce(wish: TakeWish): Promise<void> {
    const { isPaused, allowed } = wish;
    const { client } = this.recorder;
    const held = this.holds;
    this.holds = null;
    if (isPaused && held?.isPaused !== true) await client.setPaused({ ...this.ref, paused: true });
    if (held === null || !isDeepStrictEqual(allowed, held.allowed)) {
      await client.setAllowed({ ...this.ref, allowed });
    }
    if (!isPaused && held?.isPaused !== false) {
      await client.setPaused({ ...this.ref, paused: false });
    }
    this.holds = wish;
  }
}
