/** Things that will happen, taken out in the order of their times; equal times in order of entry. */

interface Entry<T> {
  readonly atUs: number;
  readonly order: number;
  readonly item: T;
}

export class EventHeap<T> {
  readonly #entries: Entry<T>[] = [];
  #order = 0;

  get nextUs(): number {
    return this.#entries[0]?.atUs ?? Number.POSITIVE_INFINITY;
  }

  push(atUs: number, item: T): void {
    const entries = this.#entries;
    entries.push({ atUs, order: this.#order, item });
    this.#order += 1;
    let child = entries.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(entries[child] as Entry<T>, entries[parent] as Entry<T>)) return;
      swap(entries, child, parent);
      child = parent;
    }
  }

  /** The next one at or before `untilUs`. */
  pop(untilUs: number): { atUs: number; item: T } | undefined {
    const entries = this.#entries;
    const first = entries[0];
    if (!first || first.atUs > untilUs) return undefined;
    const last = entries.pop() as Entry<T>;
    if (entries.length > 0) {
      entries[0] = last;
      this.#sink();
    }
    return first;
  }

  #sink(): void {
    const entries = this.#entries;
    for (let parent = 0; ; ) {
      let least = parent;
      for (const child of [2 * parent + 1, 2 * parent + 2]) {
        const entry = entries[child];
        if (entry && isBefore(entry, entries[least] as Entry<T>)) least = child;
      }
      if (least === parent) return;
      swap(entries, parent, least);
      parent = least;
    }
  }
}

function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}

function swap<T>(entries: Entry<T>[], a: number, b: number): void {
  const entry = entries[a] as Entry<T>;
  entries[a] = entries[b] as Entry<T>;
  entries[b] = entry;
}
