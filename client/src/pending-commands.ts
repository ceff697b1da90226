/**
 * Commands that wait for their answer. After a reconnect they are sent again with the same id:
 * the server applies each once, however often it arrives (api §4).
 */

import { ProtocolError } from './errors.js';
import type { ClientCommand, ServerMessage } from './messages.js';

interface Pending {
  command: ClientCommand;
  resolve(answer: unknown): void;
  reject(error: ProtocolError): void;
}

export class PendingCommands {
  private readonly pending = new Map<string, Pending>();

  /** Rejects with the server's refusal, or with `abandoned` when the seat is given up. */
  add<Answer>(command: ClientCommand): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.pending.set(command.id, {
        command,
        resolve: resolve as (answer: unknown) => void,
        reject,
      });
    });
  }

  /** True when the message was an answer to one of these. */
  settle(message: ServerMessage): boolean {
    if (message.re === undefined) return false;
    const entry = this.pending.get(message.re);
    if (!entry) return false;
    this.pending.delete(message.re);
    if (message.t === 'error') {
      const { code, detail, retry_after_ms } = message.d;
      entry.reject(new ProtocolError(code, detail, retry_after_ms));
    } else {
      entry.resolve(message.d);
    }
    return true;
  }

  /** In the order in which they were given. */
  unanswered(): ClientCommand[] {
    return [...this.pending.values()].map((entry) => entry.command);
  }

  /** A fresh start on the server: what referred to the old seat has no meaning any more. */
  abandon(which: (command: ClientCommand) => boolean, detail: string): void {
    for (const [id, entry] of this.pending) {
      if (!which(entry.command)) continue;
      this.pending.delete(id);
      entry.reject(new ProtocolError('abandoned', detail));
    }
  }
}
