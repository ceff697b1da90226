import type { WebSocket } from 'ws';
import type { Wire } from '../rpc/session.js';

/** Bytes that the kernel has not taken: whoever reads so slowly counts as lost. */
const maxUnsentBytes = 64 * 1024 * 1024;

/** A WebSocket as the wire of a session. */
export class SocketWire implements Wire {
  constructor(private readonly socket: WebSocket) {}

  send(text: string): void {
    if (this.socket.bufferedAmount > maxUnsentBytes) this.socket.terminate();
    else this.socket.send(text);
  }

  close(): void {
    this.socket.terminate();
  }
}

/** Of one message; descriptions of large rooms are the largest. */
export const maxFrameBytes = 16 * 1024 * 1024;
