/** How this viewer looks at the room: layout and pins. Nobody else sees it. */
import type { MeetingState } from './meeting-state.js';
import type { Layout } from './stage-plan.js';
import type { Store } from './store.js';

export class View {
  constructor(
    private readonly store: Store<MeetingState>,
    /** What has to be received, and how large, is something else now. */
    private readonly changed: () => void,
  ) {}

  togglePin(participantId: string): void {
    const pinned = new Set(this.store.get().pinned);
    if (!pinned.delete(participantId)) pinned.add(participantId);
    this.store.patch({ pinned });
    this.changed();
  }

  unpinAll(): void {
    this.store.patch({ pinned: new Set() });
    this.changed();
  }

  setLayout(layout: Layout): void {
    this.store.patch({ layout });
  }

  toggleLayout(): void {
    this.setLayout(this.store.get().layout === 'gallery' ? 'speaker' : 'gallery');
  }
}
