/**
 * Chat commands at a rate while something fails, and what became of each: what was acknowledged is
 * durable once, in the order of its sender; what was not is there once at most.
 */
import { codeOf } from '../../client/src/index.js';
import { eventually } from '../e2e/support/plenum.js';
import type { FaultContext } from './fault.js';
import type { Person } from './people/person.js';
import type { Room } from './people/room.js';

interface Sent {
  room: Room;
  person: Person;
  body: string;
  answer: 'none' | 'ok' | string;
  sentAt: number;
}

export class Commands {
  readonly sent: Sent[] = [];
  private timer: NodeJS.Timeout | undefined;
  private next = 0;

  constructor(
    private readonly context: FaultContext,
    private readonly rooms: readonly Room[],
  ) {}

  start(perSecond: number): void {
    this.context.teardown(() => clearInterval(this.timer));
    this.timer = setInterval(() => this.send(), 1000 / perSecond);
  }

  /** Resolves when so many have been acknowledged: what happens then may lose them. */
  async acknowledged(count: number): Promise<void> {
    await eventually(`${count} commands are acknowledged`, () =>
      this.sent.filter(({ answer }) => answer === 'ok').length >= count ? true : undefined,
    );
  }

  /** Those that have waited for their answer for so long. */
  waiting(ms: number): number {
    const before = performance.now() - ms;
    return this.sent.filter(({ answer, sentAt }) => answer === 'none' && sentAt < before).length;
  }

  /** Resolves when each has its answer. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await eventually('every command is answered', () =>
      this.sent.every(({ answer }) => answer !== 'none') ? true : undefined,
    );
  }

  /** @throws nothing: what is wrong is told to the context. */
  async check(): Promise<void> {
    const { fleet, expect } = this.context;
    expect(this.sent.length > 0, 'nobody wrote anything');
    const refused = this.sent.filter(({ answer }) => answer !== 'ok');
    expect(refused.length === 0, `refused: ${refused.map(({ answer }) => answer).slice(0, 5)}`);
    for (const room of this.rooms) {
      const kept = await fleet.admin.messages(room.meetingId);
      this.checkKept(room, kept, expect);
      this.checkShown(room, expect);
      const log = await fleet.admin.log(room.meetingId);
      const seqs = log.map(({ seq }) => seq);
      const isWhole = seqs.every((seq, n) => n === 0 || seq === (seqs[n - 1] as number) + 1);
      expect(isWhole, `the log of ${room.meetingId} has gaps: ${seqs.join(' ').slice(0, 200)}`);
      const logged = log.filter(({ type }) => type === 'message.created').length;
      expect(logged === kept.length, `${kept.length} messages, ${logged} in the log`);
    }
  }

  private checkKept(room: Room, kept: string[], expect: FaultContext['expect']): void {
    const mine = this.sent.filter((one) => one.room === room);
    for (const { body, answer } of mine) {
      const times = kept.filter((one) => one === body).length;
      const isRight = answer === 'ok' ? times === 1 : times <= 1;
      expect(isRight, `${body}, answered ${answer}, is kept ${times} times`);
    }
    for (const person of room.people) {
      const said = mine.filter((one) => one.person === person && one.answer === 'ok');
      const places = said.map(({ body }) => kept.indexOf(body));
      const inOrder = places.every((place, n) => n === 0 || place > (places[n - 1] as number));
      expect(inOrder, `what ${person.index} wrote is out of order`);
    }
  }

  private checkShown(room: Room, expect: FaultContext['expect']): void {
    for (const { wire, index } of room.people) {
      const twice = [...wire.chat].filter(([, times]) => times > 1).map(([body]) => body);
      expect(twice.length === 0, `${index} was shown twice: ${twice.slice(0, 5)}`);
    }
  }

  private send(): void {
    const room = this.rooms[this.next % this.rooms.length] as Room;
    const turn = Math.floor(this.next / this.rooms.length);
    const person = room.people[turn % room.size] as Person;
    this.next += 1;
    const one: Sent = {
      room,
      person,
      body: `message ${this.next}`,
      answer: 'none',
      sentAt: performance.now(),
    };
    this.sent.push(one);
    person.command('chat.send', { body: one.body }).then(
      () => {
        one.answer = 'ok';
      },
      (error: unknown) => {
        one.answer = codeOf(error);
      },
    );
  }
}
