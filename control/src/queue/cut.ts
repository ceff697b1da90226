import type { ReadMessage } from './queue.js';

/**
 * Cuts what was read of a partition into blocks: at multiples of `size`, and where the reading ends.
 * Offsets may have holes.
 */
export function cut(messages: readonly ReadMessage[], size: number): ReadMessage[][] {
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

/**
 * A block that was begun before a crash ends with `last`, wherever a reading ends now.
 * @returns null while messages of it are still to come.
 */
export function cutBegun(
  messages: readonly ReadMessage[],
  last: number,
): { begun: ReadMessage[]; rest: ReadMessage[] } | null {
  const newest = messages.at(-1);
  if (newest === undefined || newest.offset < last) return null;
  return {
    begun: messages.filter(({ offset }) => offset <= last),
    rest: messages.filter(({ offset }) => offset > last),
  };
}
