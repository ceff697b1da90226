/** Participants on real WebSockets, as many as one process can hold. */
import { WebSocket } from 'ws';
import type { ClientPayloads, ClientType } from '../../control/src/schemas/client-messages.js';
import type { Joined } from '../../control/src/schemas/http.js';
import { load } from './http-load.js';
import { joinRequest } from './joins.js';
import type { BenchMeeting } from './meetings.js';
import type { Product } from './product.js';

const identity = { name: 'bench', version: '0', platform: 'node' };
const caps = { codecs: ['opus', 'vp8'], slots: { audio: 4, video: 4 } };
/** As the web client: so much is promised, and a ping sent so often, with what was received. */
const heartbeatMs = 850;
const beatMs = 600;
const entranceMs = 30_000;
/** Where an event has its number: before its payload. */
const seqWithin = 80;
/** People on the way in at once. */
const together = 50;

/** Somebody in a room. */
export class Person {
  /** Of every chat message, with the time it was there (performance.now()). */
  onChat: (text: string, at: number) => void = () => {};
  private readonly socket: WebSocket;
  private readonly pings: NodeJS.Timeout;
  private commands = 0;
  /** The newest event that was received. */
  private seen = 0;

  private constructor(url: string) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}v1/rtc`, 'plenum.v1', {
      perMessageDeflate: false,
    });
    this.pings = setInterval(() => this.write('ping', { ts: Date.now() }), beatMs);
  }

  /** @throws Error when nobody says `joined` in time. */
  static enter(url: string, token: string): Promise<Person> {
    const person = new Person(url);
    const { socket } = person;
    const hello = { versions: [1], token, client: identity, caps, heartbeat_ms: heartbeatMs };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('not in the room in time')), entranceMs);
      socket.once('open', () => person.write('hello', hello, 'hello'));
      socket.once('error', reject);
      socket.once('close', (code) => reject(new Error(`the socket was closed with ${code}`)));
      socket.on('message', (bytes: Buffer) => {
        const at = performance.now();
        const text = bytes.toString();
        person.seen = Number(/"seq":(\d+)/.exec(text.slice(0, seqWithin))?.[1] ?? person.seen);
        if (text.includes('"t":"chat.message"')) person.onChat(chatIn(text), at);
        if (!text.includes('"t":"joined"')) return;
        clearTimeout(timer);
        resolve(person);
      });
    });
  }

  say(text: string): void {
    this.commands += 1;
    this.write('chat.send', { body: text }, `c${this.commands}`);
  }

  leave(): void {
    clearInterval(this.pings);
    this.socket.removeAllListeners('close');
    this.socket.terminate();
  }

  private write<Type extends ClientType>(t: Type, d: ClientPayloads[Type], id?: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    const head = { t, ...(id === undefined ? {} : { id }), ack: this.seen };
    this.socket.send(JSON.stringify({ ...head, d }));
  }
}

function chatIn(message: string): string {
  return (JSON.parse(message) as { d: { body: string } }).d.body;
}

/** So many people, evenly over the meetings; some are on the way in at once. */
export async function fill(
  { url }: Pick<Product, 'url'>,
  meetings: readonly BenchMeeting[],
  count: number,
): Promise<Person[]> {
  const people: Person[] = [];
  const entering: Promise<unknown>[] = [];
  for (let done = 0; done < count; done += together) {
    const tokens: string[] = [];
    await load({
      ...{ url, connections: 16, seconds: 30, maxRequests: Math.min(together, count - done) },
      request: (index) =>
        joinRequest(meetings[(done + index) % meetings.length] as BenchMeeting, done + index),
      onAnswer: ({ status, body }) => {
        if (status !== 201) throw new Error(`join: ${status} ${body}`);
        tokens.push((JSON.parse(body) as Joined).join_token);
      },
    });
    await Promise.all(entering.splice(0));
    for (const token of tokens) {
      entering.push(Person.enter(url, token).then((person) => people.push(person)));
    }
  }
  await Promise.all(entering);
  return people;
}
