/**
 * The one WebSocket of a participant (api §4): hello, resume, commands, acknowledgements,
 * liveness and reconnect. It knows the envelope, not what the messages mean.
 *
 * Life: connecting → (waiting →) online ⇄ reconnecting → ended. A seat, and a place in the lobby,
 * outlives its socket by 90 s; media does not depend on the socket at all.
 */
import { Addresses } from './addresses.js';
import type {
  AnswerTo,
  ClientCommand,
  ClientMessage,
  ClientPayloads,
  CommandType,
  ErrorCode,
  NoteType,
  ServerMessage,
  ServerPayloads,
} from './messages.js';
import { decode, encode } from './messages.js';
import { PendingCommands } from './pending-commands.js';
import { Pulse } from './pulse.js';
import { Receipts } from './receipts.js';
import { retryDelayMs, seatKeptMs } from './retry.js';
import type { Timers } from './timers.js';

export interface Socket {
  send(text: string): void;
  close(code: number): void;
}

export interface SocketListener {
  opened(): void;
  received(text: string): void;
  /** Called once, also after a failed opening. */
  closed(code: number): void;
}

export interface SignalingEnvironment {
  openSocket(url: string, listener: SocketListener): Socket;
  timers: Timers;
  /** Uniform in [0, 1). */
  random(): number;
  newId(): string;
}

/**
 * `denied`: a host did not let this person in. `refused`: the server does not take this person or
 * this client, and says by a code why. `seat_lost`: away for more than 90 s.
 */
export type EndReason =
  | 'left'
  | 'removed'
  | 'denied'
  | 'refused'
  | 'replaced'
  | 'meeting_ended'
  | 'seat_lost';
/**
 * `waiting`: in the lobby, on an open socket. `reconnecting`: nothing is heard of the server; that may
 * end on the same socket or on another one.
 */
export type Connection = 'connecting' | 'waiting' | 'online' | 'reconnecting' | 'ended';

export interface SignalingListener {
  /** `code`: with `refused`, why. */
  connection(state: Connection, reason?: EndReason, code?: ErrorCode): void;
  /** Before any other message of that socket. `resumed: false` carries the whole state. */
  joined(payload: ServerPayloads['joined']): void;
  /** In the lobby, or something about that has changed. */
  waiting(payload: ServerPayloads['lobby.waiting']): void;
  /** Everything else but answers, pings and repeats. */
  message(message: ServerMessage): void;
}

export interface SignalingOptions {
  /** In order of preference; whenever a socket is lost, or does not open, the next one is tried. */
  urls: readonly string[];
  joinToken: string;
  client: ClientPayloads['hello']['client'];
  caps: ClientPayloads['hello']['caps'];
  /** W3C Trace Context, the one that the seat was asked for with. */
  traceparent?: string;
}

const protocolVersions = [1];
const dead = 4000;
const endOfCode: Readonly<Record<number, EndReason>> = {
  4400: 'refused',
  4401: 'seat_lost',
  4403: 'removed',
  4409: 'replaced',
  4410: 'meeting_ended',
};

/** What a token is refused with whose seat is gone; another refusal is no word about the seat. */
const seatIsGone: readonly ErrorCode[] = ['unauthenticated', 'stale_epoch'];
/**
 * What a seat that there was may be refused with while its room goes to another process or node: it
 * is kept, and asked for again.
 */
const passing: readonly ErrorCode[] = [
  ...(['stale_epoch', 'dependency_down', 'node_lost', 'no_capacity'] as const),
  ...(['rate_limited', 'internal'] as const),
];

export class Signaling {
  private readonly commands = new PendingCommands();
  private socket: Socket | undefined;
  private state: Connection = 'connecting';
  private resumeToken: string | undefined;
  private readonly receipts: Receipts;
  private wasLetIn = false;
  private readonly addresses: Addresses;
  private lostAt: number;
  private askedDelayMs: number | undefined;
  /** Named by a process that goes away: tried first once it has gone. */
  private elsewhere: readonly string[] = [];
  /** Of this socket, which the server closes next. */
  private refusal: ErrorCode | undefined;
  private readonly pulse: Pulse;
  private cancelRetry = () => {};

  constructor(
    private readonly environment: SignalingEnvironment,
    private readonly options: SignalingOptions,
    private readonly listener: SignalingListener,
  ) {
    const { timers } = environment;
    this.lostAt = timers.now();
    this.addresses = new Addresses(options.urls);
    const ping = () => this.note('ping', { ts: timers.now() });
    this.receipts = new Receipts(timers, ping);
    this.pulse = new Pulse(timers, {
      beat: ping,
      quiet: () => this.listener.connection('reconnecting'),
      back: () => this.listener.connection(this.state),
      dead: () => this.giveUp(),
    });
  }

  start(): void {
    this.open();
  }

  /** Sent now or, without a socket, after the next resume. Rejects with ProtocolError. */
  command<Type extends CommandType>(t: Type, d: ClientPayloads[Type]): Promise<AnswerTo<Type>> {
    const command = { t, id: this.environment.newId(), d } as ClientCommand;
    const answer = this.commands.add<AnswerTo<Type>>(command);
    if (this.state === 'online') this.send(command);
    return answer;
  }

  /** Unanswered, and lost when there is no socket. */
  note<Type extends NoteType>(t: Type, d: ClientPayloads[Type]): void {
    if (this.isHeard) this.send({ t, d } as ClientMessage);
  }

  /** Gives the seat up at once. */
  leave(): void {
    if (this.isHeard) this.send({ t: 'bye', id: this.environment.newId(), d: {} });
    this.end('left');
  }

  private get isHeard(): boolean {
    return this.state === 'online' || this.state === 'waiting';
  }

  /** The network is back, says the browser: no more waiting. */
  retryNow(): void {
    if (this.state === 'ended') return;
    if (this.socket && this.pulse.isQuiet) this.giveUp();
    if (this.socket) return;
    this.cancelRetry();
    this.open();
  }

  /** There is no network, says the browser: shown at once, and as good as 1.75 s of silence. */
  doubt(): void {
    this.pulse.doubt();
  }

  /**
   * False where timers come late (a hidden page): then the server is promised no heartbeats, and silence
   * shorter than 10 s is none.
   */
  setWatchful(isWatchful: boolean): void {
    if (!this.pulse.setWatchful(isWatchful)) return;
    const { pulse, environment } = this;
    this.note('ping', { ts: environment.timers.now(), heartbeat_ms: pulse.promiseMs ?? null });
  }

  private open(): void {
    const socket = this.environment.openSocket(this.addresses.current, {
      opened: () => this.ifCurrent(socket, () => this.greet()),
      received: (text) => this.ifCurrent(socket, () => this.receive(text)),
      closed: (code) => this.ifCurrent(socket, () => this.lost(code)),
    });
    this.socket = socket;
    this.refusal = undefined;
    this.pulse.begin();
  }

  private ifCurrent(socket: Socket, act: () => void): void {
    if (this.socket === socket) act();
  }

  private greet(): void {
    const { client, caps, joinToken, traceparent } = this.options;
    const credential = this.resumeToken
      ? { resume: { token: this.resumeToken, last_seq: this.receipts.lastSeq } }
      : { token: joinToken };
    const id = this.environment.newId();
    const { promiseMs } = this.pulse;
    const promise = promiseMs === undefined ? {} : { heartbeat_ms: promiseMs };
    const trace = traceparent === undefined ? {} : { traceparent };
    const d = { versions: protocolVersions, client, caps, ...trace, ...credential, ...promise };
    this.send({ t: 'hello', id, d });
  }

  private receive(text: string): void {
    this.pulse.heard();
    const message = decode(text);
    if (!message) return;
    if (message.t === 'joined') this.welcome(message.d, message.seq);
    else if (message.t === 'lobby.waiting') this.wait(message.d, message.seq);
    else if (message.seq === undefined || this.receipts.count(message.seq)) this.deliver(message);
  }

  private deliver(message: ServerMessage): void {
    if (this.commands.settle(message)) return;
    if (message.t === 'ping') this.note('pong', { ts: message.d.ts });
    if (message.t === 'goaway') this.goElsewhere(message.d);
    if (message.t === 'error') this.refusedWith(message.d);
    if (message.re === undefined) this.listener.message(message);
  }

  private goElsewhere({ reconnect_after_ms, signaling }: ServerPayloads['goaway']): void {
    this.askedDelayMs = reconnect_after_ms;
    this.elsewhere = signaling.map(({ url }) => url);
  }

  private refusedWith({ code, fatal, retry_after_ms }: ServerPayloads['error']): void {
    this.askedDelayMs = retry_after_ms;
    if (fatal) this.refusal = code;
  }

  private welcome(payload: ServerPayloads['joined'], seq: number): void {
    this.resumeToken = payload.resume_token;
    this.wasLetIn = true;
    this.reached();
    this.commands.abandon(isOfTheMoment, 'that was before the socket was lost');
    if (!payload.resumed) {
      this.receipts.restart(seq);
      const isAnew = payload.transports !== 'kept';
      if (isAnew) this.commands.abandon(isOfTransports, 'the seat was taken anew');
    }
    this.state = 'online';
    this.listener.joined(payload);
    this.listener.connection('online');
    for (const command of this.commands.unanswered()) this.send(command);
  }

  /** Only the answer to a `hello` brings a token: the news after it leave the older one valid. */
  private wait(payload: ServerPayloads['lobby.waiting'], seq: number): void {
    this.resumeToken = payload.resume_token ?? this.resumeToken;
    this.reached();
    this.receipts.restart(seq);
    this.listener.waiting(payload);
    if (this.state === 'waiting') return;
    this.state = 'waiting';
    this.listener.connection('waiting');
  }

  private reached(): void {
    this.addresses.reached();
    this.askedDelayMs = undefined;
    this.pulse.greeted();
  }

  private send(message: ClientMessage): void {
    const ack = this.receipts.take();
    this.pulse.sent();
    this.socket?.send(encode(ack === undefined ? message : { ...message, ack }));
  }

  private giveUp(): void {
    this.socket?.close(dead);
    this.lost(dead);
  }

  private lost(code: number): void {
    this.drop();
    const reason = this.endAfter(code);
    if (reason === 'refused') this.end(reason, this.refusal ?? 'bad_message');
    else if (reason) this.end(reason);
    else this.retryLater(code);
  }

  private endAfter(code: number): EndReason | undefined {
    const { refusal } = this;
    const reason = endOfCode[code];
    if (reason === 'removed' && !this.wasLetIn) return 'denied';
    if (reason !== 'seat_lost' || !refusal) return reason;
    if (this.resumeToken !== undefined && passing.includes(refusal)) return undefined;
    return seatIsGone.includes(refusal) ? reason : 'refused';
  }

  private retryLater(code: number): void {
    const now = this.environment.timers.now();
    const wait = this.delayAfter(code);
    if (this.isHeard) {
      this.lostAt = now;
      this.state = 'reconnecting';
      if (!this.pulse.isQuiet) this.listener.connection('reconnecting');
    }
    const isTooLate = now + wait - this.lostAt > seatKeptMs;
    if (isTooLate) this.end('seat_lost');
    else this.cancelRetry = this.environment.timers.after(wait, () => this.open());
  }

  /** Until the next try, ms; which address that is for is settled here as well. */
  private delayAfter(code: number): number {
    const { addresses, environment, askedDelayMs, elsewhere } = this;
    this.askedDelayMs = undefined;
    this.elsewhere = [];
    const rounds = addresses.wasTriedAgain ? null : addresses.rounds;
    if (askedDelayMs !== undefined) addresses.refused();
    else if (this.isHeard && code !== dead) addresses.broke();
    else addresses.failed();
    addresses.prefer(elsewhere);
    if (askedDelayMs !== undefined) return askedDelayMs;
    // Who was tried once more has been waited for.
    return rounds === null ? 0 : retryDelayMs(rounds, environment.random());
  }

  private drop(): void {
    this.socket = undefined;
    this.pulse.stop();
    this.receipts.stop();
  }

  private end(reason: EndReason, code?: ErrorCode): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.cancelRetry();
    const socket = this.socket;
    this.drop();
    socket?.close(1000);
    this.commands.abandon(() => true, reason);
    this.listener.connection('ended', reason, code);
  }
}

/** Of an epoch, or of publications: new transports have others. */
function isOfTransports({ t }: ClientCommand): boolean {
  return /^(publish|subscribe|subscription|migrate)\./.test(t);
}

/** Said late it would be wrong. */
function isOfTheMoment({ t }: ClientCommand): boolean {
  return t === 'media.lost';
}
