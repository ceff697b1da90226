import { type Static, type TSchema, Type } from 'typebox';
import { type ErrorCode, errorCodes } from '../errors.js';
import { Nullable } from '../values.js';

/** Request bodies refuse unknown fields; answers may grow new ones. */
export const strict = { additionalProperties: false } as const;

/** RFC 9457. `type` is the page of the documentation, `instance` the request id. */
export const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  instance: Type.String(),
  code: Type.Unsafe<ErrorCode>({ type: 'string', enum: errorCodes }),
  errors: Type.Optional(
    Type.Array(Type.Object({ pointer: Type.String(), code: Type.String(), detail: Type.String() })),
  ),
});

/** Query of every list: oldest first, by time of creation and id. */
export const Page = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 64 })),
  },
  strict,
);

/** One page of a list. `next_cursor` is for `?cursor=`; null: this was the last page. */
export function Listing<Item extends TSchema>(item: Item) {
  return Type.Object({ items: Type.Array(item), next_cursor: Nullable(Type.String()) });
}

/** The body of a 204. */
export const NoContent = Type.Unsafe<undefined>({ type: 'null' });

/** The body of a POST that needs none. */
export const Empty = Type.Optional(Type.Union([Type.Object({}, strict), Type.Null()]));

export type Problem = Static<typeof Problem>;
export type Page = Static<typeof Page>;
export type Listed<Item> = { items: Item[]; next_cursor: string | null };
