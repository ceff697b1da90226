/**
 * Work that is long, done in pieces: of all the pieces that ask here one is done in each turn of the event loop, so
 * that what comes in meanwhile waits for one piece, however much there is to do.
 */
export class LoopTurns {
  private last: Promise<void> = Promise.resolve();

  /** Resolves in a later turn, in which nobody else's does. */
  next(): Promise<void> {
    this.last = this.last.then(() => new Promise((resolve) => setImmediate(resolve)));
    return this.last;
  }
}
