import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';

/** The fastify instance whose route schemas are TypeBox. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/**
 * Who may call a route (api: principals). A route without an entry is refused at start. `invite`:
 * whoever has the secret of a host's invite, as long as there are no accounts.
 */
export type Principal = 'none' | 'user' | 'part' | 'invite' | 'key' | 'ingest' | 'admin';

/** Where links point: a fixed origin, or the one the request came to. */
export type OriginOf = (request: { protocol: string; host: string }) => string;

declare module 'fastify' {
  interface FastifyContextConfig {
    auth?: readonly Principal[];
    /** False: this route does not count against the general limit. */
    limited?: boolean;
  }
}
