import type { Clock } from '../clock.js';
import { ControlError } from '../control-error.js';
import { type BucketRate, BucketTable } from '../token-bucket.js';
import type { App } from './app-types.js';

/**
 * The general limit of requests per address, on every API route that does not opt out. Says so in
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10).
 */
export function rateLimitPlugin(app: App, rate: BucketRate, clock: Clock): void {
  const table = new BucketTable(rate, clock);
  const windowS = Math.round(rate.burst / rate.perSecond);
  app.addHook('onRequest', async (request, reply) => {
    const { url, config } = request.routeOptions;
    if (config.limited === false || !(url ?? request.url).startsWith('/v1/')) return;
    const bucket = table.of(request.ip);
    const waitMs = bucket.take();
    const resetS = Math.ceil(waitMs / 1000);
    reply.header('ratelimit-policy', `"general";q=${rate.burst};w=${windowS}`);
    reply.header('ratelimit', `"general";r=${bucket.remaining};t=${resetS}`);
    if (waitMs > 0) {
      throw new ControlError('rate_limited', 'Too many requests.', { retryAfterMs: waitMs });
    }
  });
}
