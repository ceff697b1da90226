import { createSocket, type RemoteInfo } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Test } from 'tap';

/** Of a name and a type: addresses, a code that refuses (RFC 1035 §4.1.1), or null: no answer. */
export type Zone = Record<string, Partial<Record<QuestionType, string[] | number | null>>>;
type QuestionType = 'A' | 'AAAA';

const types: Record<number, QuestionType> = { 1: 'A', 28: 'AAAA' };
const noSuchName = 3;

/** A name server on loopback (RFC 1035, over UDP) that answers what the test says. */
export class TestNameServer {
  /** What was asked and not answered, by name. */
  readonly unanswered = new Map<string, number>();
  private readonly asked = new EventEmitter();
  private readonly socket = createSocket('udp4');

  private constructor(private readonly zone: Zone) {
    this.socket.on('message', (message, from) => this.answer(message, from));
  }

  static async open(t: Test, zone: Zone): Promise<TestNameServer> {
    const server = new TestNameServer(zone);
    server.socket.bind(0, '127.0.0.1');
    await once(server.socket, 'listening');
    t.teardown(() => server.socket.close());
    return server;
  }

  /** As resolvers take it. */
  get address(): string {
    return `127.0.0.1:${(this.socket.address() as AddressInfo).port}`;
  }

  /** Resolves when so many questions for a name wait for an answer. */
  async waiting(name: string, count: number): Promise<void> {
    while ((this.unanswered.get(name) ?? 0) < count) await once(this.asked, 'question');
  }

  private answer(question: Buffer, from: RemoteInfo): void {
    const { name, type, end } = questionOf(question);
    const answer = this.answerTo(name, type);
    if (answer === null) {
      this.unanswered.set(name, (this.unanswered.get(name) ?? 0) + 1);
      this.asked.emit('question');
      return;
    }
    const records = typeof answer === 'number' ? [] : answer.map(recordOf);
    const header = Buffer.alloc(12);
    header.writeUInt16BE(question.readUInt16BE(0), 0);
    header.writeUInt16BE(0x8180 | (typeof answer === 'number' ? answer : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const message = Buffer.concat([header, question.subarray(12, end), ...records]);
    this.socket.send(message, from.port, from.address);
  }

  private answerTo(name: string, type: QuestionType): string[] | number | null {
    const known = this.zone[name];
    if (known === undefined) return noSuchName;
    const answer = known[type];
    return answer === undefined ? [] : answer;
  }
}

function questionOf(message: Buffer): { name: string; type: QuestionType; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = types[message.readUInt16BE(at + 1)];
  if (type === undefined) throw new Error('a question for no address');
  return { name: labels.join('.').toLowerCase(), type, end: at + 5 };
}

/** Of the name that was asked for, for a minute. */
function recordOf(address: string): Buffer {
  const value = ipaddr.parse(address).toByteArray();
  const head = Buffer.from([0xc0, 12, 0, value.length === 4 ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, 0]);
  head.writeUInt16BE(value.length, 10);
  return Buffer.concat([head, Buffer.from(value)]);
}
