import { type Clock, isoTime } from '../../clock.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';
import type { EndpointKind, Waiting } from '../../schemas/values.js';
import type { Seat } from './seat.js';

/** A person who waits on an open socket, or will be back on one. */
export interface WaitingPerson {
  seat: Seat;
  /** Milliseconds since 1970. */
  since: number;
  region: string;
  slots: { audio: number; video: number };
  /** The newest they were told; null: none since a restart. */
  resumeToken: string | null;
  /** While a host's word is being written: they wait, and may still go. */
  admission?: Promise<void> | undefined;
}

/** A program that asked to come in: it asks again and again, until a host has said yes. */
interface Knock {
  id: string;
  name: string;
  kind: EndpointKind;
  since: number;
  isAdmitted: boolean;
  forget: () => void;
}

/** A program that does not ask again for this long has given up. */
const knockKeptMs = 60_000;
/** More people who wait than this are refused: raising it costs messages at each coming and going. */
export const maxWaiting = 500;

/** Who waits to be let into a room. It tells `changed`, which tells the hosts. */
export class Lobby {
  private readonly people = new Map<string, WaitingPerson>();
  private readonly knocks = new Map<string, Knock>();

  constructor(
    private readonly clock: Clock,
    /** `knock`: somebody came just now. */
    private readonly changed: (knock: boolean) => void,
    private message: string | undefined,
  ) {}

  get isFull(): boolean {
    return this.people.size + this.knocks.size >= maxWaiting;
  }

  get size(): number {
    return this.list().length;
  }

  /** Who waited longest first. */
  list(): Waiting[] {
    const people = [...this.people.values()].map(({ seat, since }) => ({
      participant_id: seat.id,
      name: seat.participant.name,
      since: isoTime(since),
      ...(seat.participant.avatar_url === undefined
        ? {}
        : { avatar_url: seat.participant.avatar_url }),
    }));
    const programs = [...this.knocks.values()]
      .filter(({ isAdmitted }) => !isAdmitted)
      .map(({ id, name, kind, since }) => ({
        participant_id: id,
        name,
        since: isoTime(since),
        kind,
      }));
    return [...people, ...programs].sort((a, b) => (a.since < b.since ? -1 : 1));
  }

  find(participantId: string): WaitingPerson | undefined {
    return this.people.get(participantId);
  }

  get seats(): Seat[] {
    return [...this.people.values()].map(({ seat }) => seat);
  }

  enter(person: WaitingPerson): void {
    this.people.set(person.seat.id, person);
    this.changed(true);
  }

  /** Somebody who waits looks otherwise. */
  updated(): void {
    this.changed(false);
  }

  /** Takes somebody out, to be let in or to be sent away. */
  take(participantId: string): WaitingPerson | undefined {
    const person = this.people.get(participantId);
    if (person === undefined) return undefined;
    this.people.delete(participantId);
    person.seat.cancelTimeout();
    this.changed(false);
    this.tellAll();
    return person;
  }

  /** How things stand for one who waits. */
  stateOf(person: WaitingPerson): ServerPayloads['lobby.waiting'] {
    const position = [...this.people.keys()].indexOf(person.seat.id) + 1;
    return {
      since: isoTime(person.since),
      position,
      ...(this.message === undefined ? {} : { message: this.message }),
    };
  }

  say(message: string): void {
    this.message = message;
    this.tellAll();
  }

  private tellAll(): void {
    for (const person of this.people.values()) person.seat.wait(this.stateOf(person));
  }

  /** A program asks to come in: whether a host has let it. */
  knock(key: string, program: { id: string; name: string; kind: EndpointKind }): boolean {
    let knock = this.knocks.get(key);
    const isNew = knock === undefined;
    if (knock === undefined) {
      knock = { ...program, since: this.clock.now(), isAdmitted: false, forget: () => {} };
      this.knocks.set(key, knock);
    }
    knock.forget();
    knock.forget = this.clock.after(knockKeptMs, () => this.forgetKnock(key));
    if (isNew) this.changed(true);
    return knock.isAdmitted;
  }

  /** Lets a program in when it asks next. False when there is none of that id. */
  admitProgram(participantId: string): boolean {
    const knock = [...this.knocks.values()].find(({ id }) => id === participantId);
    if (knock === undefined) return false;
    knock.isAdmitted = true;
    this.changed(false);
    return true;
  }

  /** It may ask again, as a newcomer. */
  denyProgram(participantId: string): boolean {
    const [key] = [...this.knocks].find(([, { id }]) => id === participantId) ?? [];
    if (key === undefined) return false;
    this.forgetKnock(key);
    return true;
  }

  private forgetKnock(key: string): void {
    this.knocks.get(key)?.forget();
    if (this.knocks.delete(key)) this.changed(false);
  }

  /** Nothing runs on after this. */
  close(): void {
    for (const { seat } of this.people.values()) seat.cancelTimeout();
    for (const { forget } of this.knocks.values()) forget();
  }
}
