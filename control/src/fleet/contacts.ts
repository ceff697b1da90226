import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock.js';
import type { Ids } from '../ids.js';
import { ControlContact, type Described, type Dial } from './control-contact.js';
import type { Hello } from './node-messages.js';

/** What every member of the fleet that control processes use is made with, a media node or a recorder. */
export interface MemberContext {
  clock: Clock;
  ids: Ids;
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>;
  region: string;
  version: string;
  probe: Hello<unknown, unknown>['probe'];
  dial: Dial;
  /** Where control is to be found at first: `host:port`. */
  controls: readonly string[];
  random: () => number;
  /** The next certificate, which was asked for. @throws Error when it is not this one's. */
  certified: (certificate: string) => void;
}

export interface Contacted<Load, Held, Event> {
  load: () => Load;
  /** All that it has. */
  held: () => Held;
  serve: (
    contact: ControlContact<Load, Held, Event>,
    method: string,
    argument: unknown,
  ) => Promise<unknown>;
  /** Its process is gone, or begins anew: it knows of nothing that happens from now on. */
  ended: (contact: ControlContact<Load, Held, Event>) => void;
}

/** Keeps in contact with every control process that there is, by the word of each. */
export class Contacts<Load, Held, Event> {
  readonly incarnation: string;
  private readonly contacts = new Map<string, ControlContact<Load, Held, Event>>();
  private readonly told = new Map<ControlContact<Load, Held, Event>, readonly string[]>();
  private leaving = false;

  constructor(
    private readonly context: MemberContext,
    private readonly own: Contacted<Load, Held, Event>,
  ) {
    this.incarnation = context.ids.next();
  }

  start(): void {
    this.meet(this.context.controls);
  }

  get all(): Iterable<ControlContact<Load, Held, Event>> {
    return this.contacts.values();
  }

  /** Nothing new from now on, and what is here goes elsewhere. */
  leave(): void {
    this.leaving = true;
    this.beat();
  }

  /** Out of turn: there is news. */
  beat(): void {
    for (const contact of this.contacts.values()) contact.beat();
  }

  /** For the next certificate: one of the processes in contact, if any. */
  askCertificate(publicKey: string): void {
    const inContact = [...this.contacts.values()].find(({ isConnected }) => isConnected);
    inContact?.askCertificate(publicKey);
  }

  get isInContact(): boolean {
    return [...this.contacts.values()].some(({ isConnected }) => isConnected);
  }

  /** Another process says that it lives: only the way to it is cut, and it comes back for what it has. */
  isNamed({ address }: ControlContact<Load, Held, Event>): boolean {
    return [...this.told].some(
      ([contact, addresses]) => contact.isConnected && addresses.includes(address),
    );
  }

  stop(): void {
    for (const contact of this.contacts.values()) contact.stop();
  }

  private meet(controls: readonly string[]): void {
    for (const address of controls) {
      if (this.contacts.has(address)) continue;
      const { clock, ids, log, dial, random, certified } = this.context;
      const { load, held, serve, ended } = this.own;
      const contact: ControlContact<Load, Held, Event> = new ControlContact(address, {
        ...{ clock, ids, log, dial, random, certified },
        describe: () => this.describe(),
        beat: () => ({ load: load(), isLeaving: this.leaving }),
        rooms: held,
        serve: (method, argument) => serve(contact, method, argument),
        told: (addresses) => {
          this.told.set(contact, addresses);
          this.meet(addresses);
          this.part([...this.context.controls, ...addresses]);
        },
        ended: () => ended(contact),
      });
      this.contacts.set(address, contact);
    }
  }

  /** From processes that are gone. */
  private part(known: readonly string[]): void {
    for (const [address, contact] of this.contacts) {
      if (contact.isConnected || known.includes(address)) continue;
      contact.stop();
      this.own.ended(contact);
      this.told.delete(contact);
      this.contacts.delete(address);
    }
  }

  private describe(): Described<Load, Held> {
    const { version, region, probe } = this.context;
    const { incarnation, leaving: isLeaving } = this;
    const { load, held } = this.own;
    return { incarnation, version, region, probe, load: load(), rooms: held(), isLeaving };
  }
}
