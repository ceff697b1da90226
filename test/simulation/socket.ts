import { EventEmitter } from 'node:events';
import type { WebSocket } from 'ws';
import type { Host } from './host.js';
import type { Network } from './network.js';

/** Of `ws`. */
const [connecting, open, closing, closed] = [0, 1, 2, 3] as const;
/** No close frame was seen. */
const abnormal = 1006;
/** For the other side to answer a close. */
const closeMs = 30_000;

/** One that is under way; a cut loses what would arrive after it. */
export interface InFlight {
  at: number;
  arrive: () => void;
  /** Says it in a trace. */
  what: () => string;
}

/**
 * One end of a connection, as `ws` shows it. What is sent arrives in its order, or not at all: the
 * connection may break at any place.
 */
export class SimSocket extends EventEmitter {
  readonly OPEN = open;
  readonly bufferedAmount = 0;
  readyState: number = connecting;
  peer: SimSocket | null = null;
  /** When the last one that was sent arrives. */
  lastAt = 0;
  /** Nothing that arrives later gets through any more. */
  brokenAt = Number.POSITIVE_INFINITY;
  /** Waits for the path to be back. */
  readonly held: InFlight[] = [];
  private readonly life: number;

  constructor(
    readonly host: Host,
    readonly other: Host,
    readonly path: string,
    private readonly network: Network,
  ) {
    super();
    this.life = host.life;
    host.onEnd(() => this.vanish());
  }

  /** As the product knows it. */
  get socket(): WebSocket {
    return this as unknown as WebSocket;
  }

  get isDead(): boolean {
    return this.life !== this.host.life;
  }

  /** The text is not copied: objects may pass where both sides are of the simulation. */
  send(message: unknown): void {
    if (this.readyState !== open || this.isDead) return;
    this.transmit(
      () => this.peer?.take(message),
      () => (typeof message === 'string' ? message.slice(0, 300) : JSON.stringify(message)),
    );
  }

  close(code = 1005, reason = ''): void {
    if (this.readyState >= closing || this.isDead) return;
    if (this.readyState === connecting) {
      this.terminate();
      return;
    }
    this.readyState = closing;
    this.transmit(
      () => this.peer?.closeBy(code, reason),
      () => `close ${code} ${reason}`,
    );
    this.network.world.at(closeMs, () => this.terminate(), this.host);
  }

  /** At once; what was sent before may still arrive. */
  terminate(): void {
    if (this.readyState === closed || this.isDead) return;
    this.vanish();
    this.network.world.at(0, () => this.emit('close', abnormal, ''), this.host);
  }

  opened(): void {
    this.readyState = open;
    this.emit('open');
  }

  /** Nobody answered, or nobody was there. */
  refused(reason: string): void {
    if (this.readyState === closed) return;
    this.readyState = closed;
    this.tellEnd();
    this.emit('error', new Error(reason));
    this.emit('close', abnormal, '');
  }

  /** The network lost it. */
  broke(): void {
    if (this.readyState === closed) return;
    this.readyState = closed;
    this.network.forget(this);
    this.emit('close', abnormal, '');
  }

  private take(message: unknown): void {
    if (this.readyState === open || this.readyState === closing)
      this.emit('message', message, false);
  }

  private closeBy(code: number, reason: string): void {
    if (this.readyState === closed) return;
    this.readyState = open;
    const answer = () => this.peer?.closed(code, reason);
    this.transmit(answer, () => `closed ${code}`);
    this.closed(code, reason);
  }

  private closed(code: number, reason: string): void {
    if (this.readyState === closed) return;
    this.readyState = closed;
    this.network.forget(this);
    this.emit('close', code, reason);
  }

  /** Its end is gone; the other one learns of it when that has come through. */
  private vanish(): void {
    if (this.readyState === closed) return;
    this.readyState = closed;
    this.tellEnd();
  }

  private tellEnd(): void {
    this.network.forget(this);
    if (this.peer === null) return;
    this.transmit(
      () => this.peer?.broke(),
      () => 'end',
    );
  }

  private transmit(arrive: () => void, what: () => string): void {
    this.network.carry(this, { at: 0, arrive, what });
  }
}
