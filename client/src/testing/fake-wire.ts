/** A server's end of the wire, driven by hand, for the tests of Signaling. */
import type { ServerMessage, ServerPayloads } from '../messages.js';
import { Signaling, type SocketListener } from '../signaling.js';
import { HandTimers } from './hand-timers.js';

interface Sent {
  t: string;
  id?: string;
  ack?: number;
  d: Record<string, unknown>;
}

export class FakeWire {
  readonly states: string[] = [];
  readonly messages: ServerMessage[] = [];
  readonly waits: ServerPayloads['lobby.waiting'][] = [];
  readonly signaling: Signaling;
  opened = 0;
  refuseSockets = false;
  private readonly sent: Sent[] = [];
  readonly timers = new HandTimers();
  private listener: SocketListener | undefined;
  private ids = 0;

  constructor({ isWatchful = true } = {}) {
    this.signaling = new Signaling(
      {
        timers: this.timers,
        random: () => 0.5,
        newId: () => `id-${++this.ids}`,
        openSocket: (_url, listener) => this.open(listener),
      },
      {
        urls: ['ws://test/v1/rtc'],
        joinToken: 'join-token',
        client: { name: 'test', version: '1', platform: 'test' },
        caps: { codecs: [], slots: { audio: 1, video: 1 } },
      },
      {
        connection: (state, reason, code) => {
          const why = [reason, code].filter((word) => word !== undefined).join(', ');
          this.states.push(why === '' ? state : `${state}: ${why}`);
        },
        joined: () => undefined,
        waiting: (payload) => this.waits.push(payload),
        message: (message) => this.messages.push(message),
      },
    );
    this.signaling.setWatchful(isWatchful);
    this.signaling.start();
    this.advance(0);
  }

  advance(ms: number): void {
    this.timers.advance(ms);
  }

  receive(message: Record<string, unknown>): void {
    this.receiveText(JSON.stringify(message));
  }

  receiveText(text: string): void {
    this.listener?.received(text);
  }

  joined({ seq, resumed = false }: { seq: number; resumed?: boolean }): void {
    const resume_token = `resume-${this.opened}`;
    this.receive({ t: 'joined', re: 'any', seq, d: { resume_token, resumed } });
  }

  lose(code = 1006): void {
    this.listener?.closed(code);
  }

  lastSent(): Sent | undefined {
    return this.sent.at(-1);
  }

  sentOf(type: string): Sent[] {
    return this.sent.filter((message) => message.t === type);
  }

  private open(listener: SocketListener) {
    this.opened += 1;
    this.listener = listener;
    this.timers.after(0, () => {
      if (this.refuseSockets) listener.closed(1006);
      else listener.opened();
    });
    return {
      send: (text: string) => this.sent.push(JSON.parse(text) as Sent),
      close: () => undefined,
    };
  }
}
