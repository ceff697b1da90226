import { newId } from './new-id.js';

/**
 * The Idempotency-Key of a form: the same for the same payload, so that sending it again after a
 * lost answer makes nothing twice; another one for another payload.
 */
export class RepeatKey {
  private last: { payload: string; key: string } | undefined;

  constructor(private readonly makeId: () => string = newId) {}

  of(payload: unknown): string {
    const text = JSON.stringify(payload) ?? '';
    if (this.last?.payload !== text) this.last = { payload: text, key: this.makeId() };
    return this.last.key;
  }

  /** It worked: the same payload is meant as another thing from now on. */
  done(): void {
    this.last = undefined;
  }
}
