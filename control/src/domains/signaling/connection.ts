import type { RawData, WebSocket } from 'ws';
import { type Cause, causedBy } from '../../cause.js';
import { isoTime } from '../../clock.js';
import { ControlError, toControlError } from '../../control-error.js';
import { Elsewhere } from '../../fleet/elsewhere.js';
import type { ClientPayloads } from '../../schemas/client-messages.js';
import { type CloseReason, closeCodes } from '../../schemas/errors.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';
import { traceFrom } from '../../trace.js';
import type { CommandAnswer } from '../rooms/service.js';
import { type Outlet, type Presence, protocolVersion, textOf, write } from '../rooms/service.js';
import type { CommandContext, RoomCommand } from './command.js';
import { commands, noteCandidate } from './commands.js';
import { type ClientMessage, readMessage } from './incoming.js';
import { MessageBudget } from './limits.js';
import { Liveness } from './liveness.js';
import { Gathering, type Outbound } from './outbound.js';
import type { ConnectionContext, PassedSocket } from './service.js';
import { SocketBridge } from './socket-bridge.js';

const helloTimeoutMs = 5000;
/** Malformed messages after which a socket is closed. */
const maxMalformed = 100;
/** By then it is found out whether the process lives, and the next try may be for another one. */
const unreachedMs = 1000;
/** Half the life of a participant token. */
const renewalMs = 300_000;

type Hello = Extract<ClientMessage, { t: 'hello' }>;

/** One WebSocket, from its opening to its close. */
export class Connection implements Outlet {
  private readonly budget: MessageBudget;
  private readonly liveness: Liveness;
  private presence: Presence | null = null;
  /** Another process has the room: what comes is only counted here, and passed on. */
  private bridge: SocketBridge | null = null;
  /** While a `hello` is answered: `joined` may have gone out before all is done. */
  private arriving: Promise<void> | null = null;
  private greeted = false;
  /** As it came: another process may have to read it. */
  private helloText = '';
  private isSeated = false;
  private hasToldFirstFrame = false;
  private ended = false;
  private malformed = 0;
  /** The request that opened it. */
  private cause: Cause;
  private readonly region: string;
  private readonly isPassedOn: boolean;
  private readonly gathering: Gathering;
  private cancelHelloTimeout: () => void;
  private cancelRenewal = () => {};

  constructor(
    private readonly socket: WebSocket,
    private readonly context: ConnectionContext,
    from: PassedSocket,
    outbound?: Outbound,
  ) {
    this.gathering = new Gathering(outbound ?? null);
    this.cause = from.cause;
    this.region = from.region;
    this.isPassedOn = from.isPassedOn ?? false;
    const { clock, limits, metrics, heartbeats } = context;
    this.budget = new MessageBudget(limits, clock);
    this.liveness = new Liveness(clock, heartbeats, {
      ping: () => this.send(textOf(write('ping', { ts: clock.now() }))),
      quiet: () => this.presence?.room.quiet(this.presence.seat, this),
      back: () => this.presence?.room.heardAgain(this.presence.seat, this),
      dead: () => socket.terminate(),
    });
    metrics.connections.inc();
    this.cancelHelloTimeout = clock.after(helloTimeoutMs, () => this.close('no_hello'));
    socket.on('message', (data, isBinary) => this.onFrame(data, isBinary));
    socket.on('error', () => {});
    socket.on('close', () => this.onClose());
  }

  get unsentBytes(): number {
    return this.socket.bufferedAmount;
  }

  send(text: string): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.context.metrics.messages.inc({ type: typeIn(text), direction: 'out' });
    this.gathering.begin();
    this.socket.send(text);
  }

  /** `signaling` is empty: the addresses of the join are still the ones. */
  goAway(reconnectAfterMs: number): void {
    const away = { reason: 'drain', reconnect_after_ms: reconnectAfterMs, signaling: [] };
    this.send(textOf(write('goaway', away)));
    this.close('going_away');
  }

  close(reason: CloseReason): void {
    this.ended = true;
    this.socket.close(closeCodes[reason], reason);
  }

  private onClose(): void {
    this.ended = true;
    this.cancelHelloTimeout();
    this.liveness.stop();
    this.cancelRenewal();
    this.context.metrics.connections.dec();
    if (this.presence !== null) this.presence.room.lost(this.presence.seat, this);
    this.presence = null;
  }

  private onFrame(data: RawData, isBinary: boolean): void {
    if (this.ended) return;
    if (this.bridge === null) this.liveness.hear();
    if (!this.budget.takeMessage()) {
      this.fail(new ControlError('rate_limited', 'Too many messages.'), 'rate');
      return;
    }
    const text = String(data);
    if (this.bridge !== null) {
      if (!isBinary) this.bridge.pass(text);
      return;
    }
    const message = isBinary ? binaryRefused : readMessage(text);
    if (!this.greeted) this.helloText = text;
    if ('refusal' in message) this.onMalformed(message.refusal, message.re);
    else this.onMessage(message);
  }

  private onMalformed(refusal: ControlError, re: string | undefined): void {
    this.context.metrics.messages.inc({ type: 'malformed', direction: 'in' });
    this.malformed += 1;
    if (!this.greeted || this.malformed > maxMalformed) this.fail(refusal, 'bad_message', re);
    else this.answer(errorAnswer(refusal), re);
  }

  private onMessage(message: ClientMessage): void {
    this.context.metrics.messages.inc({ type: message.t, direction: 'in' });
    if (message.ack !== undefined) this.presence?.seat.acknowledge(message.ack);
    switch (message.t) {
      case 'ping':
        this.onPing(message.d);
        return;
      case 'pong':
        return;
      case 'stats.report':
        this.onReport(message.d);
        return;
      case 'candidate':
        if (this.presence !== null) noteCandidate(this.commandContext(this.presence), message.d);
        return;
      case 'hello':
        this.onHello(message);
        return;
      case 'bye':
        this.onceArrived(() => this.onBye(message.id));
        return;
      default:
        this.onceArrived(() => this.onCommand(message));
    }
  }

  /** What comes right behind `joined` is somebody's in the room. */
  private onceArrived(act: () => void): void {
    if (this.arriving === null) act();
    else void this.arriving.then(act);
  }

  private onPing({ ts, heartbeat_ms }: ClientPayloads['ping']): void {
    if (heartbeat_ms !== undefined) this.liveness.promise(heartbeat_ms);
    this.send(textOf(write('pong', { ts })));
  }

  /** Of all that clients measure two figures are kept: a sum over everybody tells no more. */
  private onReport(report: ClientPayloads['stats.report']): void {
    const { first_frame_ms: firstFrameMs, media_gaps: gaps = [] } = report;
    if (!this.isSeated) return;
    for (const { ms, cause } of gaps) this.context.metrics.mediaGap.observe({ cause }, ms / 1000);
    if (firstFrameMs === undefined || this.hasToldFirstFrame) return;
    this.hasToldFirstFrame = true;
    this.context.metrics.firstFrame.observe(firstFrameMs / 1000);
  }

  private onHello(message: Hello): void {
    if (this.greeted) {
      this.answer(
        errorAnswer(new ControlError('already_done', 'One hello is enough.')),
        message.id,
      );
      return;
    }
    this.greeted = true;
    this.cancelHelloTimeout();
    this.liveness.promise(message.d.heartbeat_ms ?? null);
    const { traceparent } = message.d;
    if (traceparent !== undefined) {
      this.cause = { ...this.cause, trace: traceFrom(traceparent) };
    }
    this.arriving = causedBy(this.cause, () => this.greet(message))
      .catch((error) => {
        if (!(error instanceof Elsewhere)) throw error;
        this.handOver(error, message.id);
      })
      .catch((error) => {
        const refusal = this.explain(error, 'hello');
        this.context.metrics.joins.inc({ result: refusal.code });
        this.fail(refusal, closeFor(refusal), message.id);
      })
      .then(() => {
        this.arriving = null;
      });
  }

  /**
   * Another process has the room: from now on it is that one's socket.
   * @throws Elsewhere when that process is gone; ControlError when the way to it is cut, or the socket was
   * passed on already: two that send it to each other would do so for ever.
   */
  private handOver(elsewhere: Elsewhere, re: string): void {
    if (this.isPassedOn) throw this.tryLater('The room is on its way to another process.');
    const about = { cause: this.cause, region: this.region, isPassedOn: true };
    const owner = this.ended ? null : this.context.passSocket(elsewhere.controlId, about);
    if (owner === null) throw elsewhere;
    this.liveness.stop();
    const unreached = () => {
      const refusal = this.tryLater('The process that has the room does not answer.');
      this.fail(refusal, 'going_away', re);
    };
    const close = (reason: CloseReason) => this.close(reason);
    this.bridge = new SocketBridge(this.socket, owner, this.helloText, { unreached, close });
  }

  private tryLater(detail: string): ControlError {
    const retryAfterMs = Math.round(unreachedMs * (0.5 + this.context.random()));
    return new ControlError('dependency_down', detail, { retryAfterMs });
  }

  private async greet({ id, d: hello }: Hello): Promise<void> {
    if (!hello.versions.includes(protocolVersion)) {
      throw new ControlError('version', `This server speaks version ${protocolVersion}.`);
    }
    const { entrance } = this.context.rooms;
    const { region } = this;
    const arrival = { re: id, outlet: this, slots: hello.caps.slots, region };
    if (hello.resume !== undefined) {
      const { token, last_seq } = hello.resume;
      this.presence = await entrance.resume(token, last_seq, arrival);
    } else if (hello.token !== undefined) {
      this.presence = await entrance.enter(hello.token, arrival);
    } else {
      throw new ControlError('bad_message', 'A hello holds a token or a resume.');
    }
    this.context.metrics.joins.inc({ result: this.isSeated ? 'joined' : 'waiting' });
    if (this.ended) {
      this.presence.room.lost(this.presence.seat, this);
      return;
    }
    this.liveness.watch();
    if (this.isSeated) this.renewToken(this.presence);
  }

  /** Now, or later: whoever waits in the lobby has no token for the API. */
  seated(): void {
    this.isSeated = true;
    if (this.presence === null) return;
    this.renewToken(this.presence);
  }

  private renewToken({ room, seat }: Presence): void {
    const { tokens, ids, clock } = this.context;
    const subject = {
      ...room.key,
      participantId: seat.id,
      role: seat.participant.role,
      grants: seat.grants,
    };
    const { token, expiresAt } = tokens.issueParticipant(subject, ids.next());
    if (this.ended) return;
    const renewal = { kind: 'participant', token, expires_at: isoTime(expiresAt) } as const;
    this.send(textOf(write('token', renewal)));
    this.cancelRenewal = clock.after(renewalMs, () => {
      this.context.rooms.standbys.tell(room, seat);
      this.renewToken({ room, seat });
    });
  }

  private onBye(re: string): void {
    if (this.presence === null) {
      this.answer(errorAnswer(notInRoom()), re);
      return;
    }
    const { room, seat } = this.presence;
    room.release(seat, 'left').catch((error) => this.explain(error, 'bye'));
    this.answer({ t: 'ok', d: {} }, re);
    this.ended = true;
    this.socket.close(1000);
  }

  private onCommand(message: Extract<ClientMessage, { t: RoomCommand }>): void {
    const { presence } = this;
    if (presence === null || presence.room.seats.get(presence.seat.id) !== presence.seat) {
      this.answer(errorAnswer(notInRoom()), message.id);
      return;
    }
    const waitMs = this.budget.take(message.t);
    if (waitMs > 0) {
      const extras = { retryAfterMs: waitMs };
      this.answer(errorAnswer(new ControlError('rate_limited', 'Too fast.', extras)), message.id);
      return;
    }
    const observed = this.context.metrics.acks.startTimer({ type: message.t });
    const cause = { ...this.cause, by: `part ${presence.seat.id}` };
    const run = () => causedBy(cause, () => this.run(presence, message));
    void presence.seat.results.once(message.id, run).then((answer) => {
      observed();
      this.answer(answer, message.id);
    });
  }

  private async run(
    presence: Presence,
    message: Extract<ClientMessage, { t: RoomCommand }>,
  ): Promise<CommandAnswer> {
    const handle = commands[message.t] as (
      context: CommandContext,
      wanted: unknown,
      commandId: string,
    ) => Promise<CommandAnswer>;
    try {
      return await handle(this.commandContext(presence), message.d, message.id);
    } catch (error) {
      return errorAnswer(this.explain(error, message.t));
    }
  }

  private commandContext({ room, seat }: Presence): CommandContext {
    const { chat, moderation, rooms, recordings = null } = this.context;
    return { chat, moderation, recordings, relocation: rooms.relocation, room, seat };
  }

  private explain(error: unknown, doing: string): ControlError {
    const refusal = toControlError(error);
    if (refusal.code === 'internal') this.context.log.error({ err: error }, `${doing} failed`);
    return refusal;
  }

  private answer(answer: CommandAnswer, re: string | undefined): void {
    this.send(textOf(write(answer.t, answer.d), re === undefined ? {} : { re }));
  }

  private fail(refusal: ControlError, reason: CloseReason, re?: string): void {
    const { d } = errorAnswer(refusal);
    this.answer({ t: 'error', d: { ...d, fatal: true } }, re);
    this.close(reason);
  }
}

const binaryRefused = {
  refusal: new ControlError('bad_message', 'Messages are text.'),
  re: undefined,
};

function notInRoom(): ControlError {
  return new ControlError('not_in_room', 'Say hello first.');
}

function errorAnswer(error: ControlError): { t: 'error'; d: ServerPayloads['error'] } {
  const { retryAfterMs } = error.extras;
  return {
    t: 'error',
    d: {
      code: error.code,
      detail: error.message,
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
      fatal: false,
    },
  };
}

/** With which code a refused `hello` ends. */
function closeFor({ code }: ControlError): CloseReason {
  switch (code) {
    case 'unauthenticated':
    case 'stale_epoch':
    case 'meeting_full':
    case 'meeting_locked':
    case 'meeting_not_started':
    case 'blocked':
    case 'login_required':
    case 'passcode_required':
    case 'consent_required':
      return 'bad_token';
    case 'bad_message':
    case 'version':
      return 'bad_message';
    default:
      return 'going_away';
  }
}

/** Texts begin with `{"t":"…"`. */
function typeIn(text: string): string {
  return text.slice(6, text.indexOf('"', 6));
}
