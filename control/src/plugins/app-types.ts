import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ReachedProcess } from '../fleet/passing-on.js';
import type { Principal } from '../principal.js';
import type { ApiScope } from '../schemas/http.js';

/** The fastify instance whose route schemas are TypeBox. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/**
 * Who may call a route (api: principals). A route without an entry is refused at start. `ingest` and
 * `invite` (the secret of a host's invite, for meetings made without an account) are bearers that
 * belong to one meeting: their routes read them; all others are known before the route runs.
 */
export type PrincipalKind = 'none' | 'user' | 'part' | 'invite' | 'key' | 'ingest' | 'admin';

/** Where links point: a fixed origin, or the one the request came to. */
export type OriginOf = (request: { protocol: string; host: string }) => string;

declare module 'fastify' {
  interface FastifyContextConfig {
    auth?: readonly PrincipalKind[];
    /** What an API key needs to call it; without one no key may. */
    scope?: ApiScope;
    /** False: this route does not count against the general limit. */
    limited?: boolean;
    /** A page or a file of the web client. */
    isPage?: boolean;
  }

  interface FastifyRequest {
    /** Set before any route runs (plugins/principals.ts). */
    principal: Principal;
    /** By another control process, which has counted it (plugins/elsewhere.ts). */
    isPassedOn: boolean;
    /** Which process whoever asks has reached: it is near to them; another one may have passed it on. */
    reached: ReachedProcess;
  }
}
