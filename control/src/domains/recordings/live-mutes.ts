import type { RoomFact } from '../../../../recorder/src/index.js';
import type { ServerPayloads, ServerType } from '../../schemas/server-messages.js';

/** Since when what is published is muted, or is not any more: a recorder that was not there is told when it is back. */
export class Mutes {
  private readonly changes = new Map<string, { muted: boolean; sinceMs: number }>();

  /** @param ms of recorded time. */
  hear<Type extends ServerType>(t: Type, d: ServerPayloads[Type], ms: number): void {
    if (t === 'publication.updated') {
      const { publication_id, muted } = d as ServerPayloads['publication.updated'];
      if (muted !== undefined) this.changes.set(publication_id, { muted, sinceMs: ms });
    } else if (t === 'publication.removed') {
      this.changes.delete((d as ServerPayloads['publication.removed']).publication_id);
    }
  }

  get facts(): RoomFact[] {
    return [...this.changes].map(([trackId, change]) => ({ type: 'muted', trackId, ...change }));
  }
}
