import type { DescribedRoom, NodeLoad } from '../nodes/node-client.js';
import type { CallMessage } from '../rpc/calls.js';
import type { PortPlace } from './port-probe.js';

/** A node says it each second; silence of three means that it is lost. */
export const beatMs = 1000;
export const lostAfterMs = 3000;
/** All that a node has is told again so often: what was forgotten elsewhere is there again by then. */
export const describeMs = 5000;

/** Of a session that may go on over another connection. */
export interface SessionPlace {
  /** Chosen by the node. */
  id: string;
  /** Of the process that has welcomed the node in it; null: none has. Nodes of before this was said leave it out. */
  controlId?: string | null;
  /** The last message that the sender took. */
  received: number;
}

/**
 * The first frame of a node, or of a recorder, on a new connection.
 * Load: how busy it is; Held: all that it has.
 */
export interface Hello<Load, Held> {
  k: 'hello';
  /** Another one for each start of its process. */
  incarnation: string;
  version: string;
  region: string;
  /** A port of its that refuses connections when its process is gone; null: there is none. */
  probe: PortPlace | null;
  session: SessionPlace;
  load: Load;
  /** Of a recorder its description. */
  rooms: Held;
  /** It stops: nothing new, and what it has goes elsewhere. */
  isLeaving: boolean;
}

export type NodeHello = Hello<NodeLoad, DescribedRoom[]>;

/** The answer of control. */
export interface ControlWelcome {
  k: 'welcome';
  controlId: string;
  /** Null: the session is not known here, both sides begin anew under the same id. */
  received: number | null;
  /** `host:port` of every control process that a node shall be in contact with. */
  controls: string[];
}

export interface Beat<Load = NodeLoad, Held = DescribedRoom[]> {
  load: Load;
  rooms?: Held;
  isLeaving: boolean;
}

export type MemberFrame<Load, Held> =
  | Hello<Load, Held>
  | ({ k: 'beat' } & Beat<Load, Held>)
  /** The certificate runs out: asks for another one for the same key. */
  | { k: 'renew'; publicKey: string };

export type NodeFrame = MemberFrame<NodeLoad, DescribedRoom[]>;

export type ControlFrame =
  | ControlWelcome
  | { k: 'beat'; controls?: string[] }
  | { k: 'certificate'; certificate: string };

/** In a session, besides calls: what happened. */
export type MemberMessage<Event> = CallMessage | { t: 'event'; event: Event };

/** Frames of the session itself begin otherwise. */
export function isPlainFrame(text: string): boolean {
  return text.startsWith('{"k":');
}
