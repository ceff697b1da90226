import type { ReadMessage } from './queue.js';

/** The block of a partition that is begun and not finished. */
export interface Begun {
  /** Its last offset. */
  last: number;
  /** What we have read of it; the next reading may begin before it or behind it. */
  read: ReadMessage[];
}

/** What is there already may come again: a block that went wrong is read anew. */
export function joined(
  former: readonly ReadMessage[],
  fresh: readonly ReadMessage[],
): ReadMessage[] {
  const after = lastOf(former);
  return [...former, ...fresh.filter(({ offset }) => offset > after)];
}

/** −1: of nothing. */
export function lastOf(messages: readonly ReadMessage[]): number {
  return messages.at(-1)?.offset ?? -1;
}

/**
 * Cuts what was read of a partition into blocks: at multiples of `size`, and where the reading ends. A
 * block that was begun ends where it did, whatever has come since. Offsets may have holes.
 * @returns null while messages of that block are still to come.
 */
export function blocksOf(
  begun: Pick<Begun, 'last'> | undefined,
  messages: readonly ReadMessage[],
  size: number,
): ReadMessage[][] | null {
  if (begun === undefined) return cut(messages, size);
  const { last } = begun;
  if (lastOf(messages) < last) return null;
  const rest = messages.filter(({ offset }) => offset > last);
  const again = messages.filter(({ offset }) => offset <= last);
  // Nothing is left of it where the topic has forgotten it meanwhile.
  return again.length === 0 ? cut(rest, size) : [again, ...cut(rest, size)];
}

function cut(messages: readonly ReadMessage[], size: number): ReadMessage[][] {
  const blocks: ReadMessage[][] = [];
  let number: number | null = null;
  for (const message of messages) {
    const own = Math.floor(message.offset / size);
    if (own !== number) blocks.push([]);
    number = own;
    blocks.at(-1)?.push(message);
  }
  return blocks;
}
