import type { Clock } from '../clock.js';
import type { Wire } from '../rpc/session.js';
import type { Dial } from './control-contact.js';
import type { ControlRecord } from './controls-table.js';
import { beatMs, lostAfterMs } from './node-messages.js';

/**
 * `cut`: it lives, by what it writes, and nothing comes from there: what it has stays its own. `gone`: its
 * process has ended, or says nothing and writes nothing.
 */
export type PeerState = 'trying' | 'up' | 'leaving' | 'cut' | 'gone';

/** Whoever answers names itself: at the same address there may be another process by now. */
export type PeerFrame = { k: 'beat'; isLeaving: boolean; controlId?: string };

export interface PeerLinkContext {
  clock: Clock;
  dial: Dial;
  /** Whether this process goes. */
  isLeaving: () => boolean;
  /** Whether it goes on writing that it lives. True while nobody can tell. */
  isSeen: () => boolean;
  changed: (state: PeerState) => void;
}

const retryMs = 100;

/**
 * Whether another control process lives, by a connection to it that this process keeps. When the
 * machine refuses connections, or another process answers, its process has ended. Silence alone is no
 * proof: the way to it may be cut, and two processes that took the same rooms from each other again and
 * again would be worse.
 */
export class PeerLink {
  state: PeerState = 'trying';
  private wire: Wire | null = null;
  private heardAt: number;
  private beatAt: number;
  private stopped = false;
  private cancelBeat = () => {};
  private cancelRetry = () => {};

  constructor(
    readonly record: ControlRecord,
    private readonly context: PeerLinkContext,
  ) {
    this.heardAt = context.clock.monotonic();
    this.beatAt = this.heardAt;
    this.dial();
    this.scheduleBeat();
  }

  /** Resolves when it is known whether the process lives. */
  async settled(): Promise<PeerState> {
    if (this.state === 'trying') await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.state;
  }

  private readonly waiting: (() => void)[] = [];

  /** Also out of turn, when there is news. */
  beat(): void {
    const frame: PeerFrame = { k: 'beat', isLeaving: this.context.isLeaving() };
    this.wire?.send(JSON.stringify(frame));
  }

  stop(): void {
    this.stopped = true;
    this.cancelBeat();
    this.cancelRetry();
    this.wire?.close();
  }

  private dial(): void {
    this.context.dial(this.record.fleetAddress, {
      opened: (wire) => {
        this.wire = wire;
        if (this.stopped) wire.close();
        else this.beat();
      },
      received: (text) => this.heard(JSON.parse(text) as PeerFrame),
      closed: (reason) => this.closed(reason),
    });
  }

  private heard({ isLeaving, controlId }: PeerFrame): void {
    if (controlId !== this.record.controlId) {
      this.enter('gone');
      return;
    }
    this.heardAt = this.context.clock.monotonic();
    this.enter(isLeaving ? 'leaving' : 'up');
  }

  private closed(reason: string): void {
    this.wire = null;
    if (this.stopped) return;
    if (reason.includes('ECONNREFUSED')) this.enter('gone');
    if (this.state === 'gone') return;
    // A cut, or its end: the next try tells.
    this.cancelRetry = this.context.clock.after(reason === 'closed' ? 0 : retryMs, () =>
      this.dial(),
    );
  }

  private scheduleBeat(): void {
    const { clock } = this.context;
    this.cancelBeat = clock.after(beatMs, () => {
      const now = clock.monotonic();
      const lateMs = now - this.beatAt - beatMs;
      this.beatAt = now;
      // This process stood still: that is nobody's silence.
      if (lateMs > beatMs) this.heardAt += lateMs;
      if (now - this.heardAt > lostAfterMs) this.judge();
      this.beat();
      if (this.state !== 'gone' && !this.stopped) this.scheduleBeat();
    });
  }

  /** Nothing is heard of it. */
  private judge(): void {
    this.enter(this.context.isSeen() ? 'cut' : 'gone');
    // It is dialled again.
    this.wire?.close();
  }

  private enter(state: PeerState): void {
    if (this.state === state || this.state === 'gone') return;
    this.state = state;
    if (state === 'gone') this.stop();
    for (const resolve of this.waiting.splice(0)) resolve();
    this.context.changed(state);
  }
}
