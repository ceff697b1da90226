import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock.js';
import type { Ids } from '../ids.js';
import {
  type DescribedRoom,
  type LocalNode,
  NodeError,
  type NodeEvent,
  type NodeMethod,
  nodeMethods,
  type RoomRef,
} from '../nodes/node-client.js';
import { CallError } from '../rpc/calls.js';
import { ControlContact, type Dial } from './control-contact.js';
import type { NodeHello } from './node-messages.js';

export interface NodeAgentContext {
  node: LocalNode;
  clock: Clock;
  ids: Ids;
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>;
  region: string;
  version: string;
  probe: NodeHello['probe'];
  dial: Dial;
  /** Where control is to be found at first: `host:port`. */
  controls: readonly string[];
  random: () => number;
  /** The next certificate, which was asked for. @throws Error when it is not this node's. */
  certified: (certificate: string) => void;
}

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
  readonly incarnation: string;
  private readonly contacts = new Map<string, ControlContact>();
  /** Who has the room. */
  private readonly owners = new Map<string, ControlContact>();
  private readonly orphanedAt = new Map<string, number>();
  /** Which control processes there are, by the word of each. */
  private readonly told = new Map<ControlContact, readonly string[]>();
  private leaving = false;
  private cancelSweep = () => {};

  constructor(private readonly context: NodeAgentContext) {
    this.incarnation = context.ids.next();
    context.node.onEvent((event) => this.tell(event));
    this.meet(context.controls);
    this.sweep();
  }

  /** No new rooms from now on, and those that are here go elsewhere. */
  leave(): void {
    this.leaving = true;
    for (const contact of this.contacts.values()) contact.beat();
  }

  /** For the next certificate: one of the processes in contact, if any. */
  askCertificate(publicKey: string): void {
    const inContact = [...this.contacts.values()].find(({ isConnected }) => isConnected);
    inContact?.askCertificate(publicKey);
  }

  get roomCount(): number {
    return this.context.node.description().length;
  }

  get isInContact(): boolean {
    return [...this.contacts.values()].some(({ isConnected }) => isConnected);
  }

  stop(): void {
    this.cancelSweep();
    for (const contact of this.contacts.values()) contact.stop();
  }

  private meet(controls: readonly string[]): void {
    for (const address of controls) {
      if (this.contacts.has(address)) continue;
      const { clock, ids, log, dial, random, certified } = this.context;
      const contact: ControlContact = new ControlContact(address, {
        clock,
        ids,
        log,
        dial,
        random,
        certified,
        describe: () => this.describe(),
        beat: () => ({ load: this.context.node.load(), isLeaving: this.leaving }),
        rooms: () => this.context.node.description(),
        serve: (method, argument) => this.serve(contact, method, argument),
        told: (addresses) => {
          this.told.set(contact, addresses);
          this.meet(addresses);
          this.part([...this.context.controls, ...addresses]);
        },
        ended: () => this.orphan(contact),
      });
      this.contacts.set(address, contact);
    }
  }

  /** From processes that are gone. */
  private part(known: readonly string[]): void {
    for (const [address, contact] of this.contacts) {
      if (contact.isConnected || known.includes(address)) continue;
      contact.stop();
      this.orphan(contact);
      this.told.delete(contact);
      this.contacts.delete(address);
    }
  }

  private describe(): Omit<NodeHello, 'k' | 'session'> {
    const { node, version, region, probe } = this.context;
    return {
      incarnation: this.incarnation,
      version,
      region,
      probe,
      load: node.load(),
      rooms: node.description(),
      isLeaving: this.leaving,
    };
  }

  private async serve(
    contact: ControlContact,
    method: string,
    argument: unknown,
  ): Promise<unknown> {
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
  private own(contact: ControlContact, { roomId, epoch }: RoomRef): void {
    const held = this.context.node.description().find((room) => room.roomId === roomId);
    if (held !== undefined && held.epoch > epoch) return;
    this.owners.set(roomId, contact);
    this.orphanedAt.delete(roomId);
  }

  private tell(event: NodeEvent): void {
    this.owners.get(event.roomId)?.post({ t: 'event', event });
  }

  /** Another process says that it lives: only the way to it is cut, and it comes back for its rooms. */
  private isNamed({ address }: ControlContact): boolean {
    return [...this.told].some(
      ([contact, addresses]) => contact.isConnected && addresses.includes(address),
    );
  }

  /**
   * Its process is gone, or begins anew: it knows of nothing that happens from now on.
   * @param forMs it has been so for that long already.
   */
  private orphan(contact: ControlContact, forMs = 0): void {
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
    for (const contact of this.contacts.values()) {
      if (contact.silentMs > orphanMs && !this.isNamed(contact)) this.orphan(contact, orphanMs);
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
