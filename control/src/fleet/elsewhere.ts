/** Another control process, which lives, has the room: whatever is wanted of it is passed on there. */
export class Elsewhere extends Error {
  constructor(readonly controlId: string) {
    super('Another process has the room.');
    this.name = 'Elsewhere';
  }
}

/** The control processes, as rooms need to know them. */
export interface Owners {
  /** Of this process; each start makes another one. */
  readonly controlId: string;
  /** Whether another process lives: what it has is not taken. */
  isAlive(controlId: string): boolean;
}

/** There is no other process. */
export function soleOwner(controlId: string): Owners {
  return { controlId, isAlive: () => false };
}
