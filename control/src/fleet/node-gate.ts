import type { FastifyBaseLogger } from 'fastify';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../clock.js';
import type { DescribedRoom, NodeLoad } from '../nodes/node-client.js';
import type { Wire } from '../rpc/session.js';
import type { NodeLink } from './node-link.js';
import {
  type Beat,
  type ControlFrame,
  type Hello,
  isPlainFrame,
  type MemberFrame,
} from './node-messages.js';
import { SocketWire } from './socket-wire.js';

interface GateLink {
  readonly nodeId: string;
  take(text: string): void;
}

/** The nodes, or the recorders, that dial this process. */
export interface Welcoming<Link, Load, Held> {
  welcome(
    nodeId: string,
    hello: Hello<Load, Held>,
    how: { wire: Wire; isOurs: boolean },
  ): { link: Link; received: number | null; begin: () => boolean };
  hear(link: Link, beat: Beat<Load, Held>): void;
  disconnected(link: Link, wire: Wire): Promise<void>;
}

export interface NodeGateContext<Link extends GateLink, Load, Held> {
  nodes: Welcoming<Link, Load, Held>;
  clock: Clock;
  log: Pick<FastifyBaseLogger, 'warn'>;
  controlId: string;
  /** `host:port` of every control process, this one among them. */
  controls: () => string[];
  /** Another certificate for a node whose one runs out. */
  renew: (nodeId: string, publicKey: string) => Promise<string>;
}

interface Visitor {
  socket: WebSocket;
  wire: SocketWire;
  nodeId: string;
}

/** As an operator may write it: it is written with those of other nodes, in one statement. */
const regionForm = /^[a-z0-9-]{1,32}$/;
/** Who has connected and says nothing is no node. */
const helloMs = 5000;

/** The control side of the connection of a node, or of a recorder. */
export class NodeGate<Link extends GateLink = NodeLink, Load = NodeLoad, Held = DescribedRoom[]> {
  constructor(private readonly context: NodeGateContext<Link, Load, Held>) {}

  accept(socket: WebSocket, nodeId: string): void {
    const wire = new SocketWire(socket);
    let link: Link | null = null;
    const cancel = this.context.clock.after(helloMs, () => socket.terminate());
    socket.on('message', (data, isBinary) => {
      try {
        const text = textOf(data, isBinary);
        if (link === null) {
          cancel();
          link = this.greet({ socket, wire, nodeId }, JSON.parse(text) as Hello<Load, Held>);
        } else if (isPlainFrame(text)) {
          this.handle(socket, link, JSON.parse(text) as MemberFrame<Load, Held>);
        } else {
          link.take(text);
        }
      } catch (err) {
        this.context.log.warn(
          { err, node: nodeId },
          'a member of the fleet sent what cannot be read',
        );
        socket.terminate();
      }
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      cancel();
      if (link !== null) void this.context.nodes.disconnected(link, wire);
    });
  }

  private greet({ socket, wire, nodeId }: Visitor, hello: Hello<Load, Held>): Link {
    if (hello.k !== 'hello') throw new Error('no hello');
    if (typeof hello.region !== 'string' || !regionForm.test(hello.region)) {
      throw new Error('no region');
    }
    const { nodes, controlId, controls } = this.context;
    const isOurs = [controlId, null, undefined].includes(hello.session.controlId);
    const { link, received, begin } = nodes.welcome(nodeId, hello, { wire, isOurs });
    send(socket, { k: 'welcome', controlId, received, controls: controls() });
    if (!begin()) throw new Error('the session cannot go on');
    return link;
  }

  private handle(socket: WebSocket, link: Link, frame: MemberFrame<Load, Held>): void {
    if (frame.k === 'beat') {
      this.context.nodes.hear(link, frame);
      const isDescription = frame.rooms !== undefined;
      send(socket, { k: 'beat', ...(isDescription ? { controls: this.context.controls() } : {}) });
      return;
    }
    if (frame.k !== 'renew') throw new Error(`another ${frame.k}`);
    this.context.renew(link.nodeId, frame.publicKey).then(
      (certificate) => send(socket, { k: 'certificate', certificate }),
      (err) => this.context.log.warn({ err, node: link.nodeId }, 'no certificate for a node'),
    );
  }
}

function send(socket: WebSocket, frame: ControlFrame): void {
  socket.send(JSON.stringify(frame));
}

/** @throws Error for what is binary: frames are text. */
export function textOf(data: RawData, isBinary: boolean): string {
  if (isBinary) throw new Error('a binary frame');
  return (data as Buffer).toString();
}
