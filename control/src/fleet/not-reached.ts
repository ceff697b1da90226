/** The other process does not answer: it is gone, or about to be. */
export class NotReached extends Error {}
