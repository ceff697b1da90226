import type { Listed } from '../../../client/src/index.js';
import { type ClientCode, codeOf } from '../../../client/src/index.js';
import { Store } from './store.js';

export interface ListState<Item> {
  phase: 'loading' | 'ready' | 'failed';
  items: readonly Item[];
  /** Is there more to load? */
  hasMore: boolean;
  /** Why the last page did not come; what was loaded stays. */
  code?: ClientCode;
}

/** A list that comes by cursor, page after page. */
export class PagedList<Item> {
  readonly store = new Store<ListState<Item>>({ phase: 'loading', items: [], hasMore: false });
  private cursor: string | null = null;
  /** Answers to an earlier reading are not of this list any more. */
  private reading = 0;

  constructor(private readonly load: (cursor: string | undefined) => Promise<Listed<Item>>) {}

  /** From the beginning; the former items stay on screen meanwhile. */
  async refresh(): Promise<void> {
    this.cursor = null;
    await this.take([]);
  }

  /** After a failed refresh: from the beginning. */
  async more(): Promise<void> {
    if (this.store.get().phase === 'loading') return;
    await this.take(this.cursor === null ? [] : this.store.get().items);
  }

  /** Those that `keep` gives false for are gone, for example deleted by this page. */
  filter(keep: (item: Item) => boolean): void {
    this.store.patch({ items: this.store.get().items.filter(keep) });
  }

  private async take(before: readonly Item[]): Promise<void> {
    const reading = ++this.reading;
    const { items, hasMore } = this.store.get();
    this.store.set({ phase: 'loading', items, hasMore });
    try {
      const page = await this.load(this.cursor ?? undefined);
      if (reading !== this.reading) return;
      this.cursor = page.next_cursor;
      const all = [...before, ...page.items];
      this.store.set({ phase: 'ready', items: all, hasMore: page.next_cursor !== null });
    } catch (error) {
      if (reading !== this.reading) return;
      this.store.set({ phase: 'failed', items, hasMore, code: codeOf(error) });
    }
  }
}
