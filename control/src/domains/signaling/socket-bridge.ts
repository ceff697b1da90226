import type { RawData, WebSocket } from 'ws';
import type { CloseReason } from '../../schemas/errors.js';

/** Of RFC 6455 §7.4: never sent, but told when there was none. */
const isSendable = (code: number) => code === 1000 || (code >= 3000 && code <= 4999);

/**
 * Of one direction, on its way. A client that reads too slowly begins anew with a snapshot; one that
 * sends while nothing gets through opens another socket. More is more memory for each such client.
 */
const maxUnsentBytes = 4 * 1024 * 1024;

export interface BridgeListener {
  /** The other process was not reached: the client is told, and its socket closed. */
  unreached: () => void;
  /** The client's socket ends. */
  close: (reason: CloseReason) => void;
}

/**
 * Joins a client's socket to one at the process that has its room: from now on this process only
 * carries. What the client sends comes by `pass`, so that it has been counted against its budget.
 */
export class SocketBridge {
  /** Until the other socket is open; null: it is. */
  private held: string[] | null;
  private heldBytes = 0;

  /** @param first what was read already. */
  constructor(
    client: WebSocket,
    private readonly owner: WebSocket,
    first: string,
    private readonly listener: BridgeListener,
  ) {
    this.held = [first];
    owner.on('open', () => {
      for (const text of this.held ?? []) owner.send(text);
      this.held = null;
      this.heldBytes = 0;
    });
    owner.on('message', (data) => {
      if (client.bufferedAmount > maxUnsentBytes) this.end('slow_reader');
      else if (client.readyState === client.OPEN) client.send(textOf(data));
    });
    owner.on('error', () => {});
    owner.on('close', (code, reason) => {
      if (this.held !== null) listener.unreached();
      else if (isSendable(code)) client.close(code, reason.toString());
      else listener.close('going_away');
    });
    client.on('close', () => owner.terminate());
  }

  pass(text: string): void {
    if (this.held !== null) {
      this.held.push(text);
      this.heldBytes += text.length;
    } else if (this.owner.readyState === this.owner.OPEN) {
      this.owner.send(text);
    }
    if (this.heldBytes + this.owner.bufferedAmount > maxUnsentBytes) this.end('going_away');
  }

  /** What is on its way is dropped: the client begins anew. */
  private end(reason: CloseReason): void {
    this.listener.close(reason);
    this.held = null;
    this.heldBytes = 0;
    this.owner.terminate();
  }
}

function textOf(data: RawData): string {
  return (data as Buffer).toString();
}
