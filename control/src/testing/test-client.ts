import { randomUUID } from 'node:crypto';
import { type ClientOptions, WebSocket } from 'ws';
import type { ClientPayloads, ClientType } from '../schemas/client-messages.js';
import type { CreatedMeeting, Joined } from '../schemas/http.js';
import type { ServerMessage, ServerType } from '../schemas/server-messages.js';
import type { TestClock } from './test-clock.js';

/** What reading a WebSocket gives: a message, or its end. */
type MessageOf<Type extends ServerType> = Extract<ServerMessage, { t: Type }>;

/** POSTs JSON with a fresh idempotency key unless one is given. */
export async function post(url: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
    body: JSON.stringify(body),
  });
}

export interface TestMeeting extends CreatedMeeting {
  code: string;
  hostSecret: string;
  participantSecret: string;
}

/** @param headers of an account, for what nobody else may. */
export async function createMeeting(
  origin: string,
  body: object = {},
  headers: Record<string, string> = {},
): Promise<TestMeeting> {
  const response = await post(`${origin}/v1/meetings`, body, headers);
  const created = (await response.json()) as CreatedMeeting;
  return {
    ...created,
    code: created.meeting.code,
    hostSecret: created.host_invite.url.split('#k=')[1] as string,
    participantSecret: created.participant_link.split('#k=')[1] as string,
  };
}

export interface JoinWish {
  name?: string;
  host?: boolean;
  deviceId?: string;
}

export async function join(
  origin: string,
  meeting: TestMeeting,
  wish: JoinWish = {},
): Promise<Joined> {
  const response = await post(`${origin}/v1/join`, joinBody(meeting, wish));
  if (response.status !== 201) throw new Error(`join: ${await response.text()}`);
  return (await response.json()) as Joined;
}

export function joinBody(meeting: TestMeeting, { name, host, deviceId }: JoinWish = {}) {
  return {
    code: meeting.code,
    secret: host ? meeting.hostSecret : meeting.participantSecret,
    display_name: name ?? 'Ada',
    ...(deviceId === undefined ? {} : { device_id: deviceId }),
  };
}

/** A client on a real WebSocket that remembers everything it was sent. */
export class TestClient {
  readonly messages: ServerMessage[] = [];
  closeCode: number | null = null;
  private readonly socket: WebSocket;
  private wake: () => void = () => {};
  private nextId = 1;

  constructor(origin: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(`${origin.replace('http', 'ws')}/v1/rtc`, 'plenum.v1', options);
    this.socket.on('message', (data) => {
      this.messages.push(JSON.parse(String(data)) as ServerMessage);
      this.wake();
    });
    this.socket.on('close', (code) => {
      this.closeCode = code;
      this.wake();
    });
    this.socket.on('error', () => {});
  }

  async opened(): Promise<this> {
    if (this.socket.readyState === this.socket.CONNECTING) {
      await new Promise((resolve) => this.socket.once('open', resolve));
    }
    return this;
  }

  sendRaw(data: string | Buffer): void {
    this.socket.send(data);
  }

  /** Sends a command under a fresh id (or the given one) and returns the id. */
  send<Type extends ClientType>(t: Type, d: ClientPayloads[Type], id?: string): string {
    const used = id ?? `c${this.nextId++}`;
    this.sendRaw(JSON.stringify({ t, id: used, d }));
    return used;
  }

  /** Sends a command and waits for its answer. */
  async ask<Type extends ClientType>(t: Type, d: ClientPayloads[Type], id?: string) {
    const re = this.send(t, d, id);
    const seen = this.messages.length;
    return this.find((message, index) => index >= seen && message.re === re);
  }

  /** The first message, from `from` on, that fits: now or when it comes. Rejects at the end. */
  async find(
    fits: (message: ServerMessage, index: number) => boolean,
    from = 0,
  ): Promise<ServerMessage> {
    for (let index = from; ; index++) {
      while (index >= this.messages.length) await this.something();
      const message = this.messages[index] as ServerMessage;
      if (fits(message, index)) return message;
    }
  }

  async type<Type extends ServerType>(
    t: Type,
    fits: (message: MessageOf<Type>) => boolean = () => true,
  ): Promise<MessageOf<Type>> {
    const found = await this.find((message) => message.t === t && fits(message as MessageOf<Type>));
    return found as MessageOf<Type>;
  }

  ofType<Type extends ServerType>(t: Type): MessageOf<Type>[] {
    return this.messages.filter((message): message is MessageOf<Type> => message.t === t);
  }

  /** One round trip of a ping: everything sent before it was dealt with. */
  async pinged(): Promise<void> {
    const ts = this.nextId++;
    this.sendRaw(JSON.stringify({ t: 'ping', d: { ts } }));
    await this.type('pong', ({ d }) => d.ts === ts);
  }

  async closed(): Promise<number> {
    while (this.closeCode === null) await this.something(true);
    return this.closeCode;
  }

  /** Breaks the connection as a lost network does. */
  cut(): void {
    this.socket.terminate();
  }

  close(): void {
    this.socket.close();
  }

  private something(untilClose = false): Promise<void> {
    if (this.closeCode !== null && !untilClose) {
      return Promise.reject(new Error(`the socket was closed with ${this.closeCode}`));
    }
    return new Promise((resolve) => {
      const before = this.wake;
      this.wake = () => {
        before();
        resolve();
      };
    });
  }
}

const caps = { codecs: ['opus', 'vp8'], slots: { audio: 4, video: 4 } };
const identity = { name: 'test', version: '0', platform: 'tap' };

export function helloWith(token: string): ClientPayloads['hello'] {
  return { versions: [1], token, client: identity, caps };
}

export function resumeWith(token: string, lastSeq: number): ClientPayloads['hello'] {
  return { versions: [1], resume: { token, last_seq: lastSeq }, client: identity, caps };
}

/** Joins by link and says hello: a participant that is there. */
export async function enter(origin: string, meeting: TestMeeting, wish: JoinWish = {}) {
  const { join_token, participant_id } = await join(origin, meeting, wish);
  const client = await new TestClient(origin).opened();
  client.send('hello', helloWith(join_token), 'hello');
  const joined = await client.type('joined');
  return { client, joined, id: participant_id };
}

/** Lets time pass while these clients show that they live: who is silent for 10 s is cut off. */
export async function passTime(
  clock: TestClock,
  milliseconds: number,
  ...alive: TestClient[]
): Promise<void> {
  const step = 4000;
  for (let passed = 0; passed < milliseconds; passed += step) {
    clock.advance(Math.min(step, milliseconds - passed));
    await Promise.all(alive.map((client) => client.pinged()));
  }
}

/** The participant token of somebody in the room: for the HTTP API. */
export async function tokenOf(client: TestClient): Promise<string> {
  return (await client.type('token')).d.token;
}

/** Joins by link and is told to wait: somebody in the lobby. */
export async function knock(origin: string, meeting: TestMeeting, wish: JoinWish = {}) {
  const { join_token, participant_id, state } = await join(origin, meeting, wish);
  const client = await new TestClient(origin).opened();
  client.send('hello', helloWith(join_token), 'hello');
  const waiting = await client.type('lobby.waiting');
  return { client, waiting, state, id: participant_id };
}

export type { MessageOf };
