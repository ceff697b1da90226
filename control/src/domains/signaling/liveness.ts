import type { Clock } from '../../clock.js';
import type { Heart, Heartbeats } from './heartbeats.js';

const pingIntervalMs = 5000;
/** Nothing received for this long: the other side is dead. */
const silenceMs = 10_000;

export interface LivenessListener {
  /** Time to ask whether somebody is there. */
  ping(): void;
  /** Promised heartbeats stay away; the socket may recover. */
  quiet(): void;
  /** Something came after that. */
  back(): void;
  dead(): void;
}

/** Is there still somebody at the other end of a socket? */
export class Liveness implements Heart {
  heartbeatMs = 0;
  private heard: number;
  private isWatching = false;
  private isQuiet = false;
  private cancel = () => {};

  constructor(
    private readonly clock: Clock,
    private readonly heartbeats: Heartbeats,
    private readonly listener: LivenessListener,
  ) {
    this.heard = clock.monotonic();
  }

  get heardAt(): number {
    return this.heard;
  }

  /** Something came, whatever it is. */
  hear(): void {
    this.heard = this.clock.monotonic();
    if (!this.isQuiet) return;
    this.isQuiet = false;
    this.expectHeartbeats();
    this.listener.back();
  }

  /** The other side sends something at least every `heartbeatMs` from now on; null: no promise. */
  promise(heartbeatMs: number | null): void {
    this.heartbeatMs = heartbeatMs ?? 0;
    this.heartbeats.forget(this);
    this.expectHeartbeats();
  }

  /** From the answer to `hello` on. */
  watch(): void {
    this.isWatching = true;
    this.expectHeartbeats();
    this.askLater();
  }

  stop(): void {
    this.isWatching = false;
    this.cancel();
    this.heartbeats.forget(this);
  }

  missed(): void {
    this.isQuiet = true;
    this.listener.quiet();
  }

  private expectHeartbeats(): void {
    if (this.isWatching && this.heartbeatMs > 0 && !this.isQuiet) this.heartbeats.watch(this);
  }

  private askLater(): void {
    // Whole ones: what is left of a rounding would be waited for again and again.
    const leftMs = Math.ceil(silenceMs - (this.clock.monotonic() - this.heard));
    this.cancel = this.clock.after(Math.min(pingIntervalMs, leftMs), () => {
      if (this.clock.monotonic() - this.heard >= silenceMs) {
        this.listener.dead();
        return;
      }
      this.listener.ping();
      this.askLater();
    });
  }
}
