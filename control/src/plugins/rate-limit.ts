import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../clock.js';
import { ControlError } from '../control-error.js';
import { networkOf } from '../network-of.js';
import { nameOf } from '../principal.js';
import { type BucketRate, BucketTable } from '../token-bucket.js';

/** General limits: of everybody without a credential by address, of others by who they are. */
export interface GeneralLimits {
  anonymous: BucketRate;
  user: BucketRate;
  key: BucketRate;
}

export type CountRequest = (request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Counts a request to an API route that does not opt out against the limit of its principal, and
 * says so in `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10). What another
 * process passes on was counted there, where it came in.
 * @throws ControlError `rate_limited`.
 */
export function rateLimit(limits: GeneralLimits, clock: Clock): CountRequest {
  const anonymous = new BucketTable(limits.anonymous, clock);
  const known = {
    user: new BucketTable(limits.user, clock),
    key: new BucketTable(limits.key, clock),
  };
  return (request, reply) => {
    const { url, config } = request.routeOptions;
    if (request.isPassedOn || config.limited === false || !(url ?? request.url).startsWith('/v1/'))
      return;
    const { principal } = request;
    const name = nameOf(principal);
    const table = name === null ? anonymous : principal.kind === 'key' ? known.key : known.user;
    const bucket = table.of(name ?? networkOf(request.ip));
    const waitMs = bucket.take();
    const { burst, perSecond } = table.rate;
    reply.header('ratelimit-policy', `"general";q=${burst};w=${Math.round(burst / perSecond)}`);
    reply.header('ratelimit', `"general";r=${bucket.remaining};t=${Math.ceil(waitMs / 1000)}`);
    if (waitMs > 0) {
      throw new ControlError('rate_limited', 'Too many requests.', { retryAfterMs: waitMs });
    }
  };
}
