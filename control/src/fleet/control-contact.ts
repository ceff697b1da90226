import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock.js';
import type { Ids } from '../ids.js';
import { type CallMessage, Calls } from '../rpc/calls.js';
import { Session, type Wire } from '../rpc/session.js';
import {
  beatMs,
  type ControlFrame,
  describeMs,
  type Hello,
  isPlainFrame,
  lostAfterMs,
  type MemberFrame,
  type MemberMessage,
} from './node-messages.js';

export interface DialListener {
  opened: (wire: Wire) => void;
  received: (text: string) => void;
  /** Once, also after a failed try. */
  closed: (reason: string) => void;
}

/** Opens a connection to `host:port`. */
export type Dial = (address: string, listener: DialListener) => void;

/** What a node, or a recorder, says of itself when it comes. */
export type Described<Load, Held> = Omit<Hello<Load, Held>, 'k' | 'session'>;

export interface ControlContactContext<Load, Held> {
  clock: Clock;
  ids: Ids;
  log: Pick<FastifyBaseLogger, 'info' | 'warn'>;
  dial: Dial;
  random: () => number;
  describe: () => Described<Load, Held>;
  beat: () => { load: Load; isLeaving: boolean };
  rooms: () => Held;
  serve: (method: string, argument: unknown) => Promise<unknown>;
  /** Where control processes are. */
  told: (controls: string[]) => void;
  /** The next certificate, which was asked for. @throws Error when it is not this node's. */
  certified: (certificate: string) => void;
  /** The session is over: the process at this address knows nothing of what happens any more. */
  ended: () => void;
}

/** Between tries, doubled up to the last, with half of it at random: a process takes a second to start. */
const firstRetryMs = 100;
const lastRetryMs = 2000;

/**
 * The contact of a node, or of a recorder, with the control process at one address; it dials again whenever it is
 * cut.
 */
export class ControlContact<Load, Held, Event> {
  private session: Session;
  private calls: Calls;
  private sessionId: string;
  /** Of the process that the session is with. */
  private controlId: string | null = null;
  private wire: Wire | null = null;
  private isGreeted = false;
  private heardAt = 0;
  private retryMs = firstRetryMs;
  private describedAt = Number.NEGATIVE_INFINITY;
  private stopped = false;
  private cancelNext = () => {};
  private cancelBeat = () => {};

  constructor(
    readonly address: string,
    private readonly context: ControlContactContext<Load, Held>,
  ) {
    this.sessionId = context.ids.next();
    [this.session, this.calls] = this.newSession();
    this.dial();
  }

  get isConnected(): boolean {
    return this.isGreeted;
  }

  /** Since it was heard. Whether the other side has given the session up is said by its next welcome. */
  get silentMs(): number {
    return this.context.clock.monotonic() - this.heardAt;
  }

  post(message: MemberMessage<Event>): void {
    this.session.post(message);
  }

  stop(): void {
    this.stopped = true;
    this.cancelNext();
    this.cancelBeat();
    this.wire?.close();
    this.calls.end();
  }

  /** Also out of turn, when there is news. */
  beat(): void {
    if (!this.isGreeted) return;
    const { clock, beat, rooms } = this.context;
    const now = clock.monotonic();
    const isDue = now - this.describedAt >= describeMs;
    if (isDue) this.describedAt = now;
    this.sendPlain({ k: 'beat', ...beat(), ...(isDue ? { rooms: rooms() } : {}) });
    this.session.tellTaken();
  }

  /** For the next certificate, for the same key. */
  askCertificate(publicKey: string): void {
    this.sendPlain({ k: 'renew', publicKey });
  }

  private newSession(): [Session, Calls] {
    const session: Session = new Session({
      message: (message) => this.calls.handle(message as CallMessage),
      broken: (reason) => this.restart(reason),
    });
    const calls = new Calls({
      clock: this.context.clock,
      post: (message) => session.post(message),
      serve: this.context.serve,
    });
    return [session, calls];
  }

  /** What was said in the session is not to be counted on: the other side begins anew, too. */
  private restart(reason: string, id = this.context.ids.next()): void {
    const { log, ended } = this.context;
    this.sessionId = id;
    if (this.controlId !== null) log.warn({ control: this.controlId, reason }, 'a session is over');
    this.controlId = null;
    this.calls.end();
    [this.session, this.calls] = this.newSession();
    ended();
  }

  private dial(): void {
    if (this.stopped) return;
    let own: Wire | null = null;
    this.context.dial(this.address, {
      opened: (wire) => {
        own = wire;
        this.opened(wire);
      },
      received: (text) => {
        if (own === this.wire) this.received(text);
      },
      closed: () => this.closed(own),
    });
  }

  private opened(wire: Wire): void {
    if (this.stopped) {
      wire.close();
      return;
    }
    this.wire = wire;
    this.heardAt = this.context.clock.monotonic();
    const { sessionId: id, controlId } = this;
    const session = { id, controlId, received: this.session.received };
    this.sendPlain({ k: 'hello', ...this.context.describe(), session });
    this.describedAt = this.heardAt;
    this.scheduleBeat();
  }

  private received(text: string): void {
    this.heardAt = this.context.clock.monotonic();
    try {
      if (isPlainFrame(text)) this.handle(JSON.parse(text) as ControlFrame);
      else this.session.handle(text);
    } catch (err) {
      this.context.log.warn({ err }, 'control sent what cannot be read');
      this.wire?.close();
    }
  }

  private handle(frame: ControlFrame): void {
    if (frame.k === 'welcome') this.welcomed(frame);
    else if (frame.k === 'certificate') this.context.certified(frame.certificate);
    else if (frame.k === 'beat' && frame.controls !== undefined) this.context.told(frame.controls);
  }

  private welcomed({ controlId, received, controls }: ControlFrame & { k: 'welcome' }): void {
    const wire = this.wire as Wire;
    if (received === null && this.controlId !== null) {
      this.restart('the other side knows nothing of it', this.sessionId);
    }
    if (!this.session.attach(wire, received ?? 0)) {
      this.restart('the other side lacks what is not kept');
      wire.close();
      return;
    }
    if (this.controlId !== controlId) {
      this.context.log.info(
        { control: controlId, address: this.address },
        'in contact with control',
      );
    }
    this.controlId = controlId;
    this.isGreeted = true;
    this.retryMs = firstRetryMs;
    this.context.told(controls);
  }

  private closed(wire: Wire | null): void {
    if (wire !== this.wire) return;
    if (wire !== null) this.session.detach(wire);
    this.wire = null;
    this.isGreeted = false;
    this.cancelBeat();
    if (this.stopped) return;
    const { clock, random } = this.context;
    this.cancelNext = clock.after(this.retryMs * (0.5 + random() / 2), () => this.dial());
    this.retryMs = Math.min(2 * this.retryMs, lastRetryMs);
  }

  private scheduleBeat(): void {
    this.cancelBeat();
    this.cancelBeat = this.context.clock.after(beatMs, () => {
      if (this.context.clock.monotonic() - this.heardAt > lostAfterMs) this.wire?.close();
      this.beat();
      this.scheduleBeat();
    });
  }

  private sendPlain(frame: MemberFrame<Load, Held>): void {
    this.wire?.send(JSON.stringify(frame));
  }
}
