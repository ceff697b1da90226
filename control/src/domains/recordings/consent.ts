import type { ConsentRule } from '../rooms/service.js';

/**
 * Of the words with which people are asked: part of the record of each answer. Raise it with every change of
 * what `recording.consent_request` and the page before a meeting show.
 */
export const consentTextVersion = '1';

/** Somebody who is in the room. */
export interface Asked {
  participantId: string;
  name: string;
  /** Of their account. */
  userId: string | null;
}

/** Null: none yet. Where all are informed there is none to give. */
export type Answer = boolean | null;

/** Who was asked of one recording, what they said, and what follows from it. */
export class Consents {
  private readonly answers = new Map<string, Answer>();
  /** Whose yes, said before they came, is being written. */
  private readonly agreeing = new Set<string>();

  constructor(
    readonly rule: ConsentRule,
    known: Iterable<readonly [participantId: string, answer: Answer]> = [],
  ) {
    for (const [participantId, answer] of known) this.answers.set(participantId, answer);
  }

  /** Were they told already? */
  has(participantId: string): boolean {
    return this.answers.has(participantId);
  }

  answerOf(participantId: string): Answer {
    return this.answers.get(participantId) ?? null;
  }

  note(participantId: string, answer: Answer): void {
    this.agreeing.delete(participantId);
    this.answers.set(participantId, answer);
  }

  /** They have said yes: nobody waits for them, and nothing of them is written before that is noted. */
  expect(participantId: string): void {
    this.agreeing.add(participantId);
  }

  isExpected(participantId: string): boolean {
    return this.agreeing.has(participantId);
  }

  /** Is an answer of theirs awaited? */
  awaits(participantId: string): boolean {
    return this.rule !== 'inform' && this.answerOf(participantId) === null;
  }

  /**
   * Of whom anything may be written; null: of everybody. Nobody is on it before their own yes, by either rule
   * that asks: so it does not matter how soon it is known that somebody is there.
   */
  get allowed(): string[] | null {
    if (this.rule === 'inform') return null;
    return [...this.answers].filter(([, answer]) => answer === true).map(([id]) => id);
  }

  /** Who of those has not agreed, in their order. */
  missing(present: readonly string[]): string[] {
    if (this.rule === 'inform') return [];
    return present.filter((id) => this.answerOf(id) !== true && !this.isExpected(id));
  }

  /** Nothing of anybody is written while somebody is there who has not agreed. */
  holds(present: readonly string[]): boolean {
    return this.rule === 'all_must_accept' && this.missing(present).length > 0;
  }
}
