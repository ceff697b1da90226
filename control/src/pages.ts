import { ControlError } from './control-error.js';
import { isId } from './ids.js';
import type { Listed } from './schemas/http/common.js';

/** Sorts before every UUIDv7. */
const nothingBefore = '00000000-0000-0000-0000-000000000000';
const defaultLimit = 50;

/** A page that somebody asks for: `limit` rows whose ids lie behind `after`. */
export interface PageWish {
  after: string;
  limit: number;
}

/**
 * Lists are ordered by id: UUIDv7 sort by time of creation, and the id of the last row is the
 * cursor. So rows that come and go meanwhile neither double nor hide others.
 * @throws ControlError `bad_request` for a cursor of another making.
 */
export function pageWish(query: { limit?: number; cursor?: string }): PageWish {
  const { limit = defaultLimit, cursor } = query;
  if (cursor !== undefined && !isId(cursor)) {
    throw new ControlError('bad_request', 'The cursor is not one of ours.', {
      errors: [{ pointer: '/cursor', code: 'cursor', detail: 'send next_cursor as it came' }],
    });
  }
  return { after: cursor ?? nothingBefore, limit };
}

/** @param rows one more than the limit, when there is more. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  { limit }: PageWish,
  idOf: (row: Row) => string,
  present: (row: Row) => Item,
): Listed<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const next = rows.length > limit && last !== undefined ? idOf(last) : null;
  return { items: shown.map(present), next_cursor: next };
}
