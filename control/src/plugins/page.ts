import { ControlError } from '../control-error.js';
import { isId } from '../ids.js';
import type { Listed, Page } from '../schemas/http.js';

/** Sorts before every UUIDv7. */
const nothingBefore = '00000000-0000-0000-0000-000000000000';
const defaultLimit = 50;

/** A page that somebody asks for: `limit` rows whose ids lie behind `after`. */
export interface PageWish {
  after: string;
  limit: number;
}

/**
 * Pages over UUIDv7 ids, which sort by time of creation: the cursor is the id of the last item seen,
 * so what comes and goes meanwhile neither doubles nor hides anything.
 * @throws ControlError `bad_request` for a cursor of another making.
 */
function read({ limit = defaultLimit, cursor }: Page): PageWish {
  if (cursor !== undefined && !isId(cursor)) {
    throw new ControlError('bad_request', 'The cursor is not one of ours.');
  }
  return { after: cursor ?? nothingBefore, limit };
}

/** @param found one more than `limit`, if there are more. */
function list<Record, Item>(
  found: readonly Record[],
  limit: number,
  idOf: (record: Record) => string,
  present: (record: Record) => Item,
): Listed<Item> {
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const next = found.length > limit && last !== undefined ? idOf(last) : null;
  return { items: shown.map(present), next_cursor: next };
}

export const pageOf = { read, list };
