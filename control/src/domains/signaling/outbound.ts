import type { Duplex } from 'node:stream';

/** What a socket's bytes pass on their way out. */
export type Outbound = Pick<Duplex, 'cork' | 'uncork'>;

/**
 * Messages of one turn of the event loop go out together: a system call for each costs many times what
 * the messages do, and when a crowd comes back each of them is told of all others.
 */
export class Gathering {
  private isHeld = false;

  /** @param outbound null: each message goes by itself. */
  constructor(private readonly outbound: Outbound | null) {}

  /** Something is about to be sent. */
  begin(): void {
    const { outbound } = this;
    if (outbound === null || this.isHeld) return;
    this.isHeld = true;
    outbound.cork();
    setImmediate(() => {
      this.isHeld = false;
      outbound.uncork();
    });
  }
}
