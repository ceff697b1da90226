import type { Listed, Timers } from '../../../client/src/index.js';
import { codeOf } from '../../../client/src/index.js';
import { Store } from './store.js';

export interface LiveState<Item> {
  /** Undefined until it was read for the first time. */
  items?: readonly Item[];
  /** There are more than are read. */
  isCut: boolean;
  /** Why it was not read the last time; what was read before stays. */
  error?: unknown;
}

export interface LiveListContext<Item> {
  load: (cursor: string | undefined) => Promise<Listed<Item>>;
  timers: Timers;
  /** Does anybody look at the page? */
  isVisible: () => boolean;
  /** A refusal: the login may be over. */
  refused: (error: unknown) => void;
}

/** From one answer to the next question. */
const everyMs = 2000;
/** While it fails, so that a server in trouble gets less. */
const retryMs = 5000;
/** Of 200 each: a page that is asked for again and again has an end. */
const mostPages = 5;

/** A list that is read anew by itself while somebody looks at the page. */
export class LiveList<Item> {
  readonly store = new Store<LiveState<Item>>({ isCut: false });
  private isOn = false;
  private cancel = () => {};
  /** Answers to an earlier reading are older than what is shown. */
  private reading = 0;

  constructor(private readonly context: LiveListContext<Item>) {}

  start(): void {
    this.isOn = true;
    void this.refresh();
  }

  stop(): void {
    this.isOn = false;
    this.reading += 1;
    this.cancel();
  }

  /** The page has come into view, or is out of it. */
  looked(): void {
    this.cancel();
    if (this.isOn && this.context.isVisible()) void this.refresh();
  }

  /** At once: something was changed. */
  async refresh(): Promise<void> {
    this.cancel();
    const reading = ++this.reading;
    try {
      const read = await this.read();
      if (reading === this.reading) this.store.set(read);
    } catch (error) {
      if (reading !== this.reading) return;
      this.store.patch({ error });
      if (codeOf(error) === 'unauthenticated') this.context.refused(error);
    }
    if (reading === this.reading) this.next();
  }

  private next(): void {
    const { timers, isVisible } = this.context;
    if (!this.isOn || !isVisible()) return;
    const waitMs = this.store.get().error === undefined ? everyMs : retryMs;
    this.cancel = timers.after(waitMs, () => void this.refresh());
  }

  private async read(): Promise<LiveState<Item>> {
    const items: Item[] = [];
    let cursor: string | undefined;
    for (let page = 0; page < mostPages; page += 1) {
      const answer = await this.context.load(cursor);
      items.push(...answer.items);
      if (answer.next_cursor === null) return { items, isCut: false };
      cursor = answer.next_cursor;
    }
    return { items, isCut: true };
  }
}
