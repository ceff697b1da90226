import type { RoomFact } from '../../../../recorder/src/index.js';
import type { ServerPayloads, ServerType } from '../../schemas/server-messages.js';
import type { Publication } from '../../schemas/values.js';

/** Since when what is published is muted, or is not any more: a recorder that was not there is told when it is back. */
export class Mutes {
  private readonly sinceMs = new Map<string, number>();

  /** @param ms of recorded time. */
  hear<Type extends ServerType>(t: Type, d: ServerPayloads[Type], ms: number): void {
    if (t === 'publication.updated') {
      const { publication_id, muted } = d as ServerPayloads['publication.updated'];
      if (muted !== undefined) this.sinceMs.set(publication_id, ms);
    } else if (t === 'publication.removed') {
      this.sinceMs.delete((d as ServerPayloads['publication.removed']).publication_id);
    }
  }

  /** Of what is published now. */
  facts(publications: Iterable<Publication>): RoomFact[] {
    return [...publications].map(({ publication_id: trackId, muted }) => {
      return { type: 'published', trackId, muted, sinceMs: this.sinceMs.get(trackId) ?? null };
    });
  }
}
