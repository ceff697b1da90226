import { isoTime } from '../../clock.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';

type Hands = ServerPayloads['hand.list']['items'];

/** Who asks to speak, in order, and what everybody sees large. It tells of each change. */
export class Floor {
  /** By participant, milliseconds since 1970. */
  private readonly raised = new Map<string, number>();
  private shown: string[] = [];

  constructor(
    private readonly tell: {
      hands: (items: Hands) => void;
      spotlight: (publicationIds: string[]) => void;
    },
  ) {}

  get hands(): Hands {
    return [...this.raised]
      .sort(([, a], [, b]) => a - b)
      .map(([id, at]) => ({ participant_id: id, raised_at: isoTime(at) }));
  }

  get spotlight(): readonly string[] {
    return this.shown;
  }

  /** A hand that is up keeps its place. Returns whether that changed anything. */
  raise(participantId: string, at: number): boolean {
    if (this.raised.has(participantId)) return false;
    this.raised.set(participantId, at);
    this.tell.hands(this.hands);
    return true;
  }

  lower(participantIds: readonly string[]): string[] {
    const lowered = participantIds.filter((id) => this.raised.delete(id));
    if (lowered.length > 0) this.tell.hands(this.hands);
    return lowered;
  }

  /** From before a restart: nobody is told. */
  restore(participantId: string, at: number): void {
    this.raised.set(participantId, at);
  }

  show(publicationIds: readonly string[]): void {
    const next = [...new Set(publicationIds)];
    if (next.length === this.shown.length && next.every((id, at) => id === this.shown[at])) return;
    this.shown = next;
    this.tell.spotlight(next);
  }

  publicationEnded(publicationId: string): void {
    this.show(this.shown.filter((id) => id !== publicationId));
  }
}
