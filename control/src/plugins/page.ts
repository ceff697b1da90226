import { ControlError } from '../control-error.js';
import { isId } from '../ids.js';
import type { Listed, Page } from '../schemas/http.js';

/** Sorts before every UUIDv7. */
const nothingBefore = '00000000-0000-0000-0000-000000000000';
/** Sorts behind every UUIDv7 whose day can be written (`isId`). */
const nothingBehind = 'e677d21f-dbff-7fff-bfff-ffffffffffff';
const defaultLimit = 50;

/** By time of creation: the oldest, or the newest first. */
export type Order = 'asc' | 'desc';
/** What a cursor begins with: one of the other order is none. */
const marks: Readonly<Record<Order, string>> = { asc: '', desc: 'desc.' };

/** A page that somebody asks for: `limit` rows whose ids lie behind `after`, in that order. */
export interface PageWish {
  after: string;
  limit: number;
  order: Order;
}

/**
 * Pages over UUIDv7 ids, which sort by time of creation: the cursor is the id of the last item seen,
 * so what comes and goes meanwhile neither doubles nor hides anything.
 * @throws ControlError `bad_request` for a cursor of another making, or of another order.
 */
function read({ limit = defaultLimit, cursor, order = 'asc' }: Page & { order?: Order }): PageWish {
  if (cursor === undefined) {
    return { after: order === 'asc' ? nothingBefore : nothingBehind, limit, order };
  }
  const after = cursor.slice(marks[order].length);
  if (!cursor.startsWith(marks[order]) || !isId(after)) {
    throw new ControlError('bad_request', 'The cursor is not one of ours, or of another order.');
  }
  return { after, limit, order };
}

/** What goes on behind this item. */
function cursorAt(id: string, order: Order): string {
  return `${marks[order]}${id}`;
}

/**
 * @param found one more than `limit`, if there are more.
 * @param cursorOf of an item; where the oldest come first its id.
 */
function list<Record, Item>(
  found: readonly Record[],
  limit: number,
  cursorOf: (record: Record) => string,
  present: (record: Record) => Item,
): Listed<Item> {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const next = found.length > limit && last !== undefined ? cursorOf(last) : null;
  return { items: shown.map(present), next_cursor: next };
}

export const pageOf = { read, list, cursorAt };
