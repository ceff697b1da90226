import {
  type DescribedRoom,
  type LocalNode,
  NodeError,
  type NodeEvent,
  type NodeLoad,
  type NodeMethod,
  nodeMethods,
  type RoomRef,
} from '../nodes/node-client.js';
import { CallError } from '../rpc/calls.js';
import { Contacts, type MemberContext } from './contacts.js';
import type { ControlContact } from './control-contact.js';

export interface NodeAgentContext extends MemberContext {
  node: LocalNode;
}

type Contact = ControlContact<NodeLoad, DescribedRoom[], NodeEvent>;

/**
 * A room that no control process has asked for so long is nobody's any more: seats are kept for 90 s,
 * and the process that takes a room over comes for it.
 */
const orphanMs = 120_000;
const sweepMs = 5000;

/**
 * What a media node does for the fleet: it keeps in contact with every control process, does what they
 * say of the rooms that are theirs, and tells each what happens in them. Who opens a room under a
 * higher epoch has it from then on.
 */
export class NodeAgent {
  private readonly contacts: Contacts<NodeLoad, DescribedRoom[], NodeEvent>;
  /** Who has the room. */
  private readonly owners = new Map<string, Contact>();
  private readonly orphanedAt = new Map<string, number>();
  private cancelSweep = () => {};

  constructor(private readonly context: NodeAgentContext) {
    const { node } = context;
    this.contacts = new Contacts(context, {
      load: () => node.load(),
      held: () => node.description(),
      serve: (contact, method, argument) => this.serve(contact, method, argument),
      ended: (contact) => this.orphan(contact),
    });
    node.onEvent((event) => this.tell(event));
    this.contacts.start();
    this.sweep();
  }

  get incarnation(): string {
    return this.contacts.incarnation;
  }

  /** No new rooms from now on, and those that are here go elsewhere. */
  leave(): void {
    this.contacts.leave();
  }

  askCertificate(publicKey: string): void {
    this.contacts.askCertificate(publicKey);
  }

  get roomCount(): number {
    return this.context.node.description().length;
  }

  get isInContact(): boolean {
    return this.contacts.isInContact;
  }

  stop(): void {
    this.cancelSweep();
    this.contacts.stop();
  }

  private async serve(contact: Contact, method: string, argument: unknown): Promise<unknown> {
    const { node } = this.context;
    if (method === 'ping') return null;
    if (!(nodeMethods as string[]).includes(method)) {
      throw new CallError('bad_request', `There is no ${method}.`);
    }
    const call = node[method as NodeMethod] as (argument: unknown) => Promise<unknown>;
    if (method === 'openRoom') this.own(contact, argument as RoomRef);
    try {
      return await call(argument);
    } catch (error) {
      if (error instanceof NodeError) throw new CallError(error.code, error.message);
      this.context.log.error({ err: error, method }, 'a call failed');
      throw new CallError('internal', 'The node failed.');
    }
  }

  /** Before it is opened, as the first event may come before the answer. */
  private own(contact: Contact, { roomId, epoch }: RoomRef): void {
    const held = this.context.node.description().find((room) => room.roomId === roomId);
    if (held !== undefined && held.epoch > epoch) return;
    this.owners.set(roomId, contact);
    this.orphanedAt.delete(roomId);
  }

  private tell(event: NodeEvent): void {
    this.owners.get(event.roomId)?.post({ t: 'event', event });
  }

  /**
   * Its process is gone, or begins anew: it knows of nothing that happens from now on.
   * @param forMs it has been so for that long already.
   */
  private orphan(contact: Contact, forMs = 0): void {
    for (const [roomId, owner] of this.owners) {
      if (owner !== contact) continue;
      this.owners.delete(roomId);
      this.orphanedAt.set(roomId, this.context.clock.monotonic() - forMs);
    }
  }

  private sweep(): void {
    const { node, clock } = this.context;
    const rooms = new Map(node.description().map((room) => [room.roomId, room]));
    for (const roomId of this.owners.keys()) if (!rooms.has(roomId)) this.owners.delete(roomId);
    for (const contact of this.contacts.all) {
      if (contact.silentMs > orphanMs && !this.contacts.isNamed(contact))
        this.orphan(contact, orphanMs);
    }
    for (const [roomId, since] of this.orphanedAt) {
      if (rooms.has(roomId) && clock.monotonic() - since < orphanMs) continue;
      this.orphanedAt.delete(roomId);
      const room = rooms.get(roomId);
      if (room !== undefined) this.close(room);
    }
    this.cancelSweep = clock.after(sweepMs, () => this.sweep());
  }

  private close({ roomId, epoch }: DescribedRoom): void {
    this.context.log.warn({ room: roomId }, 'nobody has the room any more: closed');
    void this.context.node.closeRoom({ roomId, epoch });
  }
}
