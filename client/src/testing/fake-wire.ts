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
  /** Of every socket that was tried. */
  readonly urls: string[] = [];
  refuseSockets = false;
  private readonly sent: Sent[] = [];
  readonly timers = new HandTimers();
  private listener: SocketListener | undefined;
  private ids = 0;

  constructor({ isWatchful = true, urls = ['ws://test/v1/rtc'] } = {}) {
    this.signaling = new Signaling(
      {
        timers: this.timers,
        random: () => 0.5,
        newId: () => `id-${++this.ids}`,
        openSocket: (url, listener) => this.open(url, listener),
      },
      {
        urls,
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

  joined({ seq, ...rest }: { seq: number; resumed?: boolean; transports?: 'kept' }): void {
    const d = { resume_token: `resume-${this.opened}`, resumed: false, ...rest };
    this.receive({ t: 'joined', re: 'any', seq, d });
  }

  get opened(): number {
    return this.urls.length;
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

  private open(url: string, listener: SocketListener) {
    this.urls.push(url);
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
