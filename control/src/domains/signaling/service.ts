import type { FastifyBaseLogger } from 'fastify';
import type { WebSocket } from 'ws';
import type { Cause } from '../../cause.js';
import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { Tokens } from '../../keys/tokens.js';
import type { ControlMetrics } from '../../metrics.js';
import type { ChatService } from '../chat/service.js';
import type { ModerationService } from '../moderation/service.js';
import type { LiveRecordings } from '../recordings/live-service.js';
import type { RoomsService } from '../rooms/service.js';
import { Connection } from './connection.js';
import { Heartbeats } from './heartbeats.js';
import type { SignalingLimits } from './limits.js';
import type { Outbound } from './outbound.js';

export { maxDescriptionBytes, maxMessageBytes } from './incoming.js';
export type { SignalingLimits } from './limits.js';

/** What one process tells another of a socket that it passes on. */
export interface PassedSocket {
  cause: Cause;
  /** Of the process that the client has reached. */
  region: string;
  /** That is another one than this: it is not passed on again. */
  isPassedOn?: boolean;
}

export interface SignalingContext {
  rooms: RoomsService;
  chat: ChatService;
  moderation: ModerationService;
  /** Absent: nothing is recorded. */
  recordings?: LiveRecordings;
  tokens: Tokens;
  clock: Clock;
  ids: Ids;
  log: FastifyBaseLogger;
  metrics: ControlMetrics;
  limits: SignalingLimits;
  /** A socket at the process that has the room; null: that process is gone. */
  passSocket: (controlId: string, about: PassedSocket) => WebSocket | null;
  /** Where this process is. */
  region: string;
  /** 0 to 1. */
  random: () => number;
}

/** A start takes about so long; the rest keeps all from coming at one moment. */
const awayMs = 1000;
const awaySpreadMs = 3000;

/** What sockets share, too. */
export interface ConnectionContext extends SignalingContext {
  heartbeats: Heartbeats;
}

/** The WebSocket side of control: each socket becomes a Connection. */
export class SignalingService {
  private readonly context: ConnectionContext;
  private readonly open = new Set<Connection>();
  private isGoing = false;

  constructor(context: SignalingContext) {
    this.context = { ...context, heartbeats: new Heartbeats(context.clock) };
  }

  accept(socket: WebSocket, cause: Cause, outbound?: Outbound): void {
    this.take(socket, { cause, region: this.context.region }, outbound);
  }

  /** Another process has it, or had it until now. */
  take(socket: WebSocket, from: PassedSocket, outbound?: Outbound): void {
    const connection = new Connection(socket, this.context, from, outbound);
    this.open.add(connection);
    socket.on('close', () => this.open.delete(connection));
    if (this.isGoing) connection.goAway(this.reconnectAfterMs());
  }

  /**
   * This process stops: everybody is told when to open another socket, spread over a few seconds, and
   * every socket closes with 4503. Seats stay; media does, as long as its node does.
   */
  goAway(): void {
    this.isGoing = true;
    for (const connection of this.open) connection.goAway(this.reconnectAfterMs());
  }

  private reconnectAfterMs(): number {
    return Math.round(awayMs + awaySpreadMs * this.context.random());
  }
}
