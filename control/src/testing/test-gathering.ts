import { isDeepStrictEqual } from 'node:util';
import type { ServerMessage } from '../schemas/server-messages.js';
import type { Role } from '../schemas/values.js';
import { enter, joinBody, post, resumeWith, TestClient, type TestMeeting } from './test-client.js';

/** What one sees of a meeting. */
export interface Picture {
  roles: Record<string, Role>;
  hands: string[];
  messages: string[];
  locked: boolean;
  chat: 'all' | 'hosts' | 'off';
}

/** One step of a random meeting. `by` and `of` count those who are there, round and round. */
export type Step = { act: string; by?: number; of?: number | null } & Record<string, unknown>;

interface Message {
  from: string;
  to: string | null;
  body: string;
}

/** A person with a real socket, and the picture that their messages give. */
class Person {
  picture: Picture = { roles: {}, hands: [], messages: [], locked: false, chat: 'all' };
  resumeToken = '';
  seq = 0;
  private read = 0;

  constructor(
    readonly id: string,
    public client: TestClient,
    public isConnected = true,
  ) {}

  /** Takes in everything that has come. @throws Error at a gap or a repeat. */
  catchUp(): void {
    for (; this.read < this.client.messages.length; this.read++) {
      this.take(this.client.messages[this.read] as ServerMessage);
    }
  }

  begin(client: TestClient): void {
    this.client = client;
    this.read = 0;
  }

  private take(message: ServerMessage): void {
    if (message.t === 'joined') {
      this.resumeToken = message.d.resume_token;
      if (message.d.resumed && message.seq !== this.seq) throw new Error('resumed elsewhere');
      this.seq = message.seq;
    } else if (message.seq !== undefined) {
      if (message.seq !== this.seq + 1) throw new Error(`seq ${message.seq} after ${this.seq}`);
      this.seq = message.seq;
    }
    this.picture = pictureAfter(this.picture, message);
  }
}

export function pictureAfter(before: Picture, message: ServerMessage): Picture {
  const { roles } = before;
  switch (message.t) {
    case 'joined': {
      const { snapshot, policy } = message.d;
      if (snapshot === undefined) return before;
      return {
        roles: Object.fromEntries(snapshot.participants.map(({ id, role }) => [id, role])),
        hands: snapshot.hands.map(({ participant_id }) => participant_id),
        messages: snapshot.last_messages.map(({ body }) => body),
        locked: policy.locked,
        chat: policy.chat,
      };
    }
    case 'participant.joined':
      return {
        ...before,
        roles: { ...roles, [message.d.participant.id]: message.d.participant.role },
      };
    case 'participant.updated':
      if (message.d.role === undefined) return before;
      return { ...before, roles: { ...roles, [message.d.id]: message.d.role } };
    case 'participant.left': {
      const { [message.d.id]: _, ...rest } = roles;
      return { ...before, roles: rest };
    }
    case 'hand.list':
      return { ...before, hands: message.d.items.map(({ participant_id }) => participant_id) };
    case 'policy':
      return { ...before, ...message.d } as Picture;
    case 'chat.message':
      return { ...before, messages: [...before.messages, message.d.body] };
    default:
      return before;
  }
}

const isHost = (role: Role | undefined) => role === 'host' || role === 'co_host';

/** A meeting of real clients beside the model of it. */
export class Gathering {
  private readonly people: Person[] = [];
  private readonly roles = new Map<string, Role>();
  private hands: string[] = [];
  private readonly messages: Message[] = [];
  private locked = false;
  private chat: Picture['chat'] = 'all';
  private written = 0;
  private acts = 0;

  private constructor(
    private readonly origin: string,
    private readonly meeting: TestMeeting,
  ) {}

  static async of(origin: string, meeting: TestMeeting): Promise<Gathering> {
    const gathering = new Gathering(origin, meeting);
    await gathering.arrive(true);
    await gathering.arrive(false);
    return gathering;
  }

  private async arrive(host: boolean): Promise<void> {
    const { client, id } = await enter(this.origin, this.meeting, { host, name: 'Somebody' });
    this.people.push(new Person(id, client));
    this.roles.set(id, host ? 'host' : 'participant');
  }

  async play(step: Step): Promise<void> {
    if (this.people.length === 0) return;
    const by = this.person(step.by);
    const of = this.person(step.of);
    switch (step.act) {
      case 'join':
        return this.join();
      case 'cut':
        return this.cut(by);
      case 'resume':
        return this.resume(by);
      default:
    }
    if (!by.isConnected) return;
    await this.command(by, of, step);
  }

  private person(index: number | null | undefined): Person {
    return this.people[(index ?? 0) % this.people.length] as Person;
  }

  private async join(): Promise<void> {
    if (!this.locked) return this.arrive(false);
    const refused = await post(`${this.origin}/v1/join`, joinBody(this.meeting));
    const { code } = (await refused.json()) as { code: string };
    if (code !== 'meeting_locked') throw new Error(`locked, but ${code}`);
  }

  private async cut(person: Person): Promise<void> {
    if (!person.isConnected) return;
    person.catchUp();
    person.client.cut();
    person.isConnected = false;
  }

  private async resume(person: Person): Promise<void> {
    if (person.isConnected) return;
    const client = await new TestClient(this.origin).opened();
    client.send('hello', resumeWith(person.resumeToken, person.seq), 'hello');
    await client.type('joined');
    person.begin(client);
    person.isConnected = true;
  }

  private async command(by: Person, of: Person, step: Step): Promise<void> {
    const [t, d, expected, apply] = this.planned(by, of, step);
    const id = `act ${++this.acts}`;
    const answer = await by.client.ask(t as 'hand.set', d as never, id);
    const code = answer.t === 'error' ? answer.d.code : answer.t;
    if (code !== expected) throw new Error(`${t}: expected ${expected}, was ${code}`);
    if (code === 'ok') apply();
    if (step.again === true) {
      const repeated = await by.client.ask(t as 'hand.set', d as never, id);
      if (!isDeepStrictEqual(repeated, answer)) throw new Error('a repeat had another answer');
    }
  }

  /** Message, payload, the model's answer, and what it changes there. */
  private planned(by: Person, of: Person, step: Step): [string, object, string, () => void] {
    const role = this.roles.get(by.id) as Role;
    const hostOnly = (then = 'ok') => (isHost(role) ? then : 'role_required');
    switch (step.act) {
      case 'say':
        return this.plannedMessage(by, role, step.to === null ? null : of);
      case 'hand':
        return ['hand.set', { raised: step.raised }, 'ok', () => this.setHand(by.id, step.raised)];
      case 'lower': {
        const all = step.of === null;
        const mine = all ? hostOnly() : this.overOther(role, of);
        const wanted = all ? { all: true } : { participant_id: of.id };
        return ['mod.lower_hand', wanted, mine, () => this.lower(all ? null : of.id)];
      }
      case 'role': {
        const wanted = { participant_id: of.id, role: step.role };
        const next = step.role as Role;
        return ['mod.role', wanted, this.roleAnswer(role, of, next), () => this.give(by, of, next)];
      }
      case 'lock': {
        const set = () => {
          this.locked = step.locked as boolean;
        };
        return ['mod.lock', { locked: step.locked }, hostOnly(), set];
      }
      case 'chat': {
        const set = () => {
          this.chat = step.chat as Picture['chat'];
        };
        return ['mod.policy', { chat: step.chat }, hostOnly(), set];
      }
      case 'leave':
        return ['bye', {}, 'ok', () => this.leave(by)];
      default: {
        const answer = this.overOther(role, of);
        const self = answer === 'ok' && of === by ? 'forbidden' : answer;
        const wanted = { participant_id: of.id, block: false };
        return ['mod.remove', wanted, self, () => this.leave(of)];
      }
    }
  }

  private plannedMessage(
    by: Person,
    role: Role,
    to: Person | null,
  ): [string, object, string, () => void] {
    const body = `message ${++this.written}`;
    const may = this.chat === 'all' ? role !== 'viewer' : this.chat === 'hosts' && isHost(role);
    const expected = this.chat === 'off' ? 'forbidden' : may ? 'ok' : 'role_required';
    const wanted = { body, ...(to === null ? {} : { to: to.id }) };
    const message = { from: by.id, to: to?.id ?? null, body };
    return ['chat.send', wanted, expected, () => this.messages.push(message)];
  }

  private overOther(role: Role, of: Person): string {
    if (!isHost(role)) return 'role_required';
    return this.roles.get(of.id) === 'host' && role !== 'host' ? 'role_required' : 'ok';
  }

  private roleAnswer(role: Role, of: Person, next: Role): string {
    const allowed = this.overOther(role, of);
    const before = this.roles.get(of.id);
    if (allowed !== 'ok' || before === next) return allowed;
    if ((isHost(next) || isHost(before)) && role !== 'host') return 'role_required';
    const hosts = [...this.roles.values()].filter((held) => held === 'host').length;
    return before === 'host' && hosts === 1 ? 'conflict' : 'ok';
  }

  private give(by: Person, of: Person, next: Role): void {
    if (this.roles.get(of.id) === next) return;
    this.roles.set(of.id, next);
    if (next === 'host' && of !== by) this.roles.set(by.id, 'co_host');
  }

  private setHand(id: string, raised: unknown): void {
    if (!raised) this.lower(id);
    else if (!this.hands.includes(id)) this.hands.push(id);
  }

  private lower(id: string | null): void {
    this.hands = id === null ? [] : this.hands.filter((other) => other !== id);
  }

  private leave(person: Person): void {
    this.people.splice(this.people.indexOf(person), 1);
    this.roles.delete(person.id);
    this.lower(person.id);
  }

  /** @throws Error unless everybody, and a newcomer, see what the model has. */
  async compare(): Promise<void> {
    for (const person of this.people) {
      await this.resume(person);
      await person.client.pinged();
      person.catchUp();
      this.checkPicture(person.id, person.picture);
    }
    for (const { client } of this.people) client.close();
  }

  private checkPicture(id: string, seen: Picture): void {
    const expected: Picture = {
      roles: Object.fromEntries(this.roles),
      hands: this.hands,
      messages: this.messages
        .filter(({ from, to }) => to === null || to === id || from === id)
        .map(({ body }) => body),
      locked: this.locked,
      chat: this.chat,
    };
    const sorted = (picture: Picture) => ({
      ...picture,
      roles: Object.fromEntries(Object.entries(picture.roles).sort()),
    });
    if (isDeepStrictEqual(sorted(seen), sorted(expected))) return;
    throw new Error(`${JSON.stringify(sorted(seen))} is not ${JSON.stringify(sorted(expected))}`);
  }
}
