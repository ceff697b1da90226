/** One connection of a session; there may be another one later. */
export interface Wire {
  send(text: string): void;
  close(): void;
}

export interface SessionListener {
  /** Each message of the other side, once, in its order. */
  message(message: unknown): void;
  /** What was posted may not have arrived, and nothing more will: the session is of no use. */
  broken(reason: string): void;
}

interface Frame {
  /** Number of the message, from 1. */
  n?: number;
  /** The last number that came from the other side without a gap. */
  a: number;
  m?: unknown;
}

/**
 * Messages and bytes that wait for an acknowledgement. More would cover longer cuts of a busy
 * connection, and cost memory in each end: whoever takes nothing for so long counts as lost.
 */
const maxKept = 20_000;
const maxKeptBytes = 32 * 1024 * 1024;
/** Messages that come before the next acknowledgement goes by itself. */
const acknowledgeEvery = 64;

/**
 * Messages in both directions, each delivered once and in order, over connections that may break
 * and be replaced: what was not acknowledged is sent again over the next one. It has no clock: how
 * long a session may be without a connection is up to its owner.
 */
export class Session {
  private wire: Wire | null = null;
  private readonly kept: string[] = [];
  private keptBytes = 0;
  private sent = 0;
  private acknowledged = 0;
  private taken = 0;
  private told = 0;
  private isBroken = false;

  constructor(private readonly listener: SessionListener) {}

  /** The number of the last message that was taken: the other side goes on after it. */
  get received(): number {
    return this.taken;
  }

  get isConnected(): boolean {
    return this.wire !== null;
  }

  post(message: unknown): void {
    if (this.isBroken) return;
    this.sent += 1;
    const body = JSON.stringify(message);
    this.kept.push(body);
    this.keptBytes += body.length;
    if (this.kept.length > maxKept || this.keptBytes > maxKeptBytes) {
      this.break('too much waits for an acknowledgement');
      return;
    }
    this.transmit(this.sent, body);
  }

  /**
   * Goes on over a new connection, after the last message that the other side says it took. False:
   * it lacks what is not kept any more, or took what was never sent.
   */
  attach(wire: Wire, receivedByOther: number): boolean {
    if (this.isBroken || receivedByOther < this.acknowledged || receivedByOther > this.sent) {
      return false;
    }
    if (this.wire !== wire) this.wire?.close();
    this.wire = wire;
    this.acknowledge(receivedByOther);
    this.kept.forEach((body, index) => {
      this.transmit(this.acknowledged + 1 + index, body);
    });
    return true;
  }

  /** The connection is gone; another one than the present is no news. */
  detach(wire: Wire): void {
    if (this.wire === wire) this.wire = null;
  }

  /** A frame that came over the present connection. @throws Error when it is none. */
  handle(text: string): void {
    const { n, a, m } = JSON.parse(text) as Frame;
    this.acknowledge(a);
    if (n === undefined || n <= this.taken) return;
    if (n !== this.taken + 1) throw new Error(`message ${n} after ${this.taken}`);
    this.taken = n;
    if (this.taken - this.told >= acknowledgeEvery) this.tellTaken();
    this.listener.message(m);
  }

  /** Says what was taken, where nothing else goes that way. */
  tellTaken(): void {
    this.told = this.taken;
    this.wire?.send(JSON.stringify({ a: this.taken } satisfies Frame));
  }

  break(reason: string): void {
    if (this.isBroken) return;
    this.isBroken = true;
    this.wire?.close();
    this.wire = null;
    this.kept.length = 0;
    this.listener.broken(reason);
  }

  private acknowledge(upTo: number): void {
    const count = Math.min(upTo, this.sent) - this.acknowledged;
    if (!(count > 0)) return;
    for (const body of this.kept.splice(0, count)) this.keptBytes -= body.length;
    this.acknowledged += count;
  }

  private transmit(n: number, body: string): void {
    this.told = this.taken;
    this.wire?.send(`{"n":${n},"a":${this.taken},"m":${body}}`);
  }
}
