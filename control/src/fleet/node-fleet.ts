import type { DescribedRoom, NodeLoad } from '../nodes/node-client.js';
import type { MemberRole } from './identity.js';
import type { MemberKind } from './standings.js';

/** Why a node gets no new rooms. */
export type Unfit = 'draining' | 'silent' | 'full' | 'drops' | 'loss';

/** How the fleet has a node. */
export type NodeState = 'joined' | 'draining' | 'lost';

/** A node as the process has it that speaks for it. */
export interface NodePresence {
  state: NodeState;
  /** Of its process; null: it is lost. */
  incarnation: string | null;
}

/** What webhooks were told of a node last, as it is written. */
export interface ToldNode {
  nodeId: string;
  name: string;
  region: string;
  state: NodeState;
  incarnation: string | null;
  /** Counts what was told. */
  seq: number;
  isRemoved: boolean;
}

/** A node that this process hears of. */
export interface LiveNode {
  load: NodeLoad;
  unfit: Unfit | null;
  /** Of its program; null: that of this process. */
  version: string | null;
  /** Since it was heard of. */
  silentMs: number;
  /** What it has, by room, as it said last. */
  participants: ReadonlyMap<string, number>;
}

/** People in each room. */
export function participantsIn(rooms: readonly DescribedRoom[]): Map<string, number> {
  return new Map(rooms.map(({ roomId, participants }) => [roomId, participants]));
}

/** What the domain of nodes asks of the fleet. */
export interface NodeFleet {
  /** PEM, of whoever belongs to it; empty where no others do. */
  readonly authority: string;
  /** Null: no other nodes are taken. */
  newEnrolmentToken(): { secret: string; token: string } | null;
  /** @throws ControlError `bad_request` for what is no key. */
  certify(nodeId: string, publicKey: string, role: MemberRole): Promise<string>;
  /** From now on it may come. */
  belongs(nodeId: string, kind: MemberKind): void;
  live(nodeId: string): LiveNode | null;
  /** Null: another process speaks for it, or it is too early to say. */
  presenceOf(node: { nodeId: string; region: string }): NodePresence | null;
  /** As it was read last, a second ago at most: all nodes but those that were removed and of which that was told. */
  readonly toldNodes: readonly ToldNode[];
  /** A node may have come, gone or begun to drain, or `toldNodes` was read anew. */
  onPresence(listener: () => void): void;
  /** How many nodes are not heard here, and live by the word of another region. */
  readonly cutOff: number;
  /** Where the fleet reaches a control process, `host:port`. Null: it is gone, or there is no fleet. */
  addressOf(controlId: string): string | null;
  /** @param until null: it is not drained any more. */
  setDrained(nodeId: string, until: Date | null): void;
  remove(nodeId: string): void;
}
