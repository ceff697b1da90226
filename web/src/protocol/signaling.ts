/**
 * The one WebSocket of a participant (api §4): hello, resume, commands, acknowledgements,
 * liveness and reconnect. It knows the envelope, not what the messages mean.
 *
 * Life: connecting → online ⇄ reconnecting → ended. A seat outlives its socket by 90 s; media does
 * not depend on the socket at all.
 */
import type { ClientCommand, ClientMessage } from '../../../control/src/schemas/index.js';
import type {
  AnswerTo,
  ClientPayloads,
  CommandType,
  NoteType,
  ServerMessage,
  ServerPayloads,
} from './messages.js';
import { decode, encode } from './messages.js';
import { PendingCommands } from './pending-commands.js';
import {
  acknowledgeEveryEvents,
  acknowledgeEveryMs,
  retryDelayMs,
  seatKeptMs,
  silenceLimitMs,
} from './retry.js';
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

export type EndReason = 'left' | 'removed' | 'replaced' | 'meeting_ended' | 'seat_lost';
export type Connection = 'connecting' | 'online' | 'reconnecting' | 'ended';

export interface SignalingListener {
  connection(state: Connection, reason?: EndReason): void;
  /** Before any other message of that socket. `resumed: false` carries the whole state. */
  joined(payload: ServerPayloads['joined']): void;
  /** Everything else but answers, pings and repeats. */
  message(message: ServerMessage): void;
}

export interface SignalingOptions {
  /** In order of preference; a failed one is followed by the next. */
  urls: readonly string[];
  joinToken: string;
  client: ClientPayloads['hello']['client'];
  caps: ClientPayloads['hello']['caps'];
}

const protocolVersions = [1];
const dead = 4000;
const endOfCode: Readonly<Record<number, EndReason>> = {
  4401: 'seat_lost',
  4403: 'removed',
  4409: 'replaced',
  4410: 'meeting_ended',
};

export class Signaling {
  private readonly commands = new PendingCommands();
  private socket: Socket | undefined;
  private state: Connection = 'connecting';
  private resumeToken: string | undefined;
  private lastSeq = 0;
  private acknowledgedSeq = 0;
  private attempt = 0;
  private lostAt: number;
  private askedDelayMs: number | undefined;
  private cancelRetry = () => {};
  private cancelSilence = () => {};
  private cancelAcknowledge = () => {};

  constructor(
    private readonly environment: SignalingEnvironment,
    private readonly options: SignalingOptions,
    private readonly listener: SignalingListener,
  ) {
    this.lostAt = environment.timers.now();
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
    if (this.state === 'online') this.send({ t, d } as ClientMessage);
  }

  /** Gives the seat up at once. */
  leave(): void {
    if (this.state === 'online') this.send({ t: 'bye', id: this.environment.newId(), d: {} });
    this.end('left');
  }

  /** The network is back, says the browser: no more waiting. */
  retryNow(): void {
    if (this.state === 'ended' || this.socket) return;
    this.cancelRetry();
    this.open();
  }

  private open(): void {
    const url = this.options.urls[this.attempt % this.options.urls.length] ?? '';
    const socket = this.environment.openSocket(url, {
      opened: () => this.ifCurrent(socket, () => this.greet()),
      received: (text) => this.ifCurrent(socket, () => this.receive(text)),
      closed: (code) => this.ifCurrent(socket, () => this.lost(code)),
    });
    this.socket = socket;
    this.watchSilence();
  }

  private ifCurrent(socket: Socket, act: () => void): void {
    if (this.socket === socket) act();
  }

  private greet(): void {
    const { client, caps, joinToken } = this.options;
    const credential = this.resumeToken
      ? { resume: { token: this.resumeToken, last_seq: this.lastSeq } }
      : { token: joinToken };
    const id = this.environment.newId();
    this.send({ t: 'hello', id, d: { versions: protocolVersions, client, caps, ...credential } });
  }

  private receive(text: string): void {
    this.watchSilence();
    const message = decode(text);
    if (!message) return;
    if (message.t === 'joined') this.welcome(message.d, message.seq);
    else if (message.seq === undefined || this.count(message.seq)) this.deliver(message);
  }

  private deliver(message: ServerMessage): void {
    if (this.commands.settle(message)) return;
    if (message.t === 'ping') this.note('pong', { ts: message.d.ts });
    if (message.t === 'goaway') this.askedDelayMs = message.d.reconnect_after_ms;
    if (message.t === 'error') this.askedDelayMs = message.d.retry_after_ms;
    if (message.re === undefined) this.listener.message(message);
  }

  private welcome(payload: ServerPayloads['joined'], seq: number): void {
    this.resumeToken = payload.resume_token;
    this.attempt = 0;
    this.askedDelayMs = undefined;
    if (!payload.resumed) {
      this.lastSeq = seq;
      this.acknowledgedSeq = seq;
      const ofOldTransports = (command: ClientCommand) => 'epoch' in command.d;
      this.commands.abandon(ofOldTransports, 'the seat was taken anew');
    }
    this.state = 'online';
    this.listener.joined(payload);
    this.listener.connection('online');
    for (const command of this.commands.unanswered()) this.send(command);
  }

  /** False for an event that was received before. */
  private count(seq: number): boolean {
    if (seq <= this.lastSeq) return false;
    this.lastSeq = seq;
    if (seq - this.acknowledgedSeq >= acknowledgeEveryEvents) this.acknowledge();
    else if (seq - this.acknowledgedSeq === 1) {
      const later = () => this.acknowledge();
      this.cancelAcknowledge = this.environment.timers.after(acknowledgeEveryMs, later);
    }
    return true;
  }

  private acknowledge(): void {
    if (this.lastSeq > this.acknowledgedSeq)
      this.note('ping', { ts: this.environment.timers.now() });
  }

  private send(message: ClientMessage): void {
    if (this.lastSeq > this.acknowledgedSeq) {
      this.acknowledgedSeq = this.lastSeq;
      this.cancelAcknowledge();
      this.socket?.send(encode({ ...message, ack: this.lastSeq }));
    } else {
      this.socket?.send(encode(message));
    }
  }

  private watchSilence(): void {
    this.cancelSilence();
    const socket = this.socket;
    this.cancelSilence = this.environment.timers.after(silenceLimitMs, () => {
      if (this.socket !== socket) return;
      socket?.close(dead);
      this.lost(dead);
    });
  }

  private lost(code: number): void {
    this.drop();
    const reason = endOfCode[code];
    if (reason) this.end(reason);
    else this.retryLater();
  }

  private retryLater(): void {
    const now = this.environment.timers.now();
    if (this.state === 'online') {
      this.lostAt = now;
      this.state = 'reconnecting';
      this.listener.connection('reconnecting');
    }
    const wait = this.askedDelayMs ?? retryDelayMs(this.attempt, this.environment.random());
    this.attempt += 1;
    const isTooLate = now + wait - this.lostAt > seatKeptMs;
    if (isTooLate) this.end('seat_lost');
    else this.cancelRetry = this.environment.timers.after(wait, () => this.open());
  }

  private drop(): void {
    this.socket = undefined;
    this.cancelSilence();
    this.cancelAcknowledge();
  }

  private end(reason: EndReason): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.cancelRetry();
    const socket = this.socket;
    this.drop();
    socket?.close(1000);
    this.commands.abandon(() => true, reason);
    this.listener.connection('ended', reason);
  }
}
