import { isoTime } from '../../clock.js';
import type { ServerPayloads } from '../../schemas/server-messages.js';
import type { Publication, Source } from '../../schemas/values.js';

/** A picture on the stage, as it outlives a restart. */
export interface Shown {
  participant_id: string;
  source: Source;
}

type Hands = ServerPayloads['hand.list']['items'];

/** Who asks to speak, in order, and what everybody sees large. It tells of each change. */
export class Floor {
  /** By participant, milliseconds since 1970. */
  private readonly raised = new Map<string, number>();
  private shown: string[] = [];
  /** On the stage before a restart, and not back yet. */
  awaited: readonly Shown[] = [];

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
    this.awaited = [];
    this.set(publicationIds);
  }

  private set(publicationIds: readonly string[]): void {
    const next = [...new Set(publicationIds)];
    if (next.length === this.shown.length && next.every((id, at) => id === this.shown[at])) return;
    this.shown = next;
    this.tell.spotlight(next);
  }

  publicationEnded(publicationId: string): void {
    this.set(this.shown.filter((id) => id !== publicationId));
  }

  publicationAdded({ publication_id, participant_id, source }: Publication): void {
    const rest = this.awaited.filter(
      (one) => one.participant_id !== participant_id || one.source !== source,
    );
    if (rest.length === this.awaited.length) return;
    this.awaited = rest;
    this.set([...this.shown, publication_id]);
  }
}
