import type { RecorderLoad } from '../../../recorder/src/index.js';
import { Contacts, type MemberContext } from '../fleet/contacts.js';
import type { ControlContact } from '../fleet/control-contact.js';
import { serveRecorder } from './recorder-calls.js';
import type { LocalRecorder, RecorderDescription, RecorderEvent } from './recorder-client.js';

export interface RecorderAgentContext extends MemberContext {
  recorder: LocalRecorder;
}

type Contact = ControlContact<RecorderLoad, RecorderDescription, RecorderEvent>;

/**
 * What a recorder does for the fleet: it keeps in contact with every control process, and does what they say.
 * Who opens a room under a higher epoch has it from then on, and hears what its links say; what becomes of
 * recordings and layouts is told to all. A recorder that hears of no control process goes on recording, for as
 * long as something comes over its links: whoever takes the room over comes for it.
 */
export class RecorderAgent {
  private readonly contacts: Contacts<RecorderLoad, RecorderDescription, RecorderEvent>;
  /** Who has the room, by the epoch under which it was opened. */
  private readonly owners = new Map<string, { contact: Contact; epoch: number }>();

  constructor(private readonly context: RecorderAgentContext) {
    const { recorder } = context;
    this.contacts = new Contacts(context, {
      load: () => recorder.description().load,
      held: () => recorder.description(),
      serve: (contact, method, argument) => this.serve(contact, method, argument),
      ended: (contact) => this.forget(contact),
    });
    recorder.onEvent((event) => this.tell(event));
    this.contacts.start();
  }

  get incarnation(): string {
    return this.contacts.incarnation;
  }

  /** No new recordings, and those that are here go elsewhere if they can. */
  leave(): void {
    this.contacts.leave();
  }

  askCertificate(publicKey: string): void {
    this.contacts.askCertificate(publicKey);
  }

  get isInContact(): boolean {
    return this.contacts.isInContact;
  }

  stop(): void {
    this.contacts.stop();
  }

  private serve(contact: Contact, method: string, argument: unknown): Promise<unknown> {
    const { recorder, log } = this.context;
    if (method === 'ping') return Promise.resolve(null);
    if (method === 'openRoom') this.own(contact, argument as { roomId: string; epoch: number });
    return serveRecorder(recorder, { method, argument }, log);
  }

  /** Before it is opened, as the first event may come before the answer. */
  private own(contact: Contact, { roomId, epoch }: { roomId: string; epoch: number }): void {
    this.sweep();
    const held = this.owners.get(roomId);
    if (held !== undefined && held.epoch > epoch) return;
    this.owners.set(roomId, { contact, epoch });
  }

  /** Rooms that are over, in whatever way, and openings that were refused. */
  private sweep(): void {
    const { recorder } = this.context;
    for (const roomId of this.owners.keys()) {
      if (!recorder.holds(roomId)) this.owners.delete(roomId);
    }
  }

  private tell(event: RecorderEvent): void {
    if (event.type === 'link_said') {
      this.owners.get(event.roomId)?.contact.post({ t: 'event', event });
      return;
    }
    // Who comes into contact later is told by the description.
    for (const contact of this.contacts.all) {
      if (contact.isConnected) contact.post({ t: 'event', event });
    }
  }

  private forget(contact: Contact): void {
    for (const [roomId, owner] of this.owners) {
      if (owner.contact === contact) this.owners.delete(roomId);
    }
  }
}
