import type { App } from './app-types.js';

const exposed = [
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'X-Request-Id',
].join(', ');

const preflightHeaders = {
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'access-control-allow-headers':
    'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, traceparent',
  // Chromium keeps none longer.
  'access-control-max-age': '7200',
} as const;

/**
 * Lets pages of the allow-list call the API with credentials (WHATWG Fetch §3.2), and nobody else:
 * other origins get no header, so their browsers refuse. WHIP and WHEP have a rule of their own (any
 * origin, without cookies). Before routing: a preflight is no request of any route.
 */
export function corsPlugin(app: App, allowedOrigins: readonly string[]): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (!/^\/v1\/(?!whip\/|whep\/)/.test(request.url)) return done();
    // Also without an Origin: a cache must not keep that answer for a page that has one.
    if (allowedOrigins.length > 0) reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !allowedOrigins.includes(origin)) return done();
    reply.header('access-control-allow-origin', origin);
    reply.header('access-control-allow-credentials', 'true');
    reply.header('access-control-expose-headers', exposed);
    const isPreflight =
      request.method === 'OPTIONS' && 'access-control-request-method' in request.headers;
    if (!isPreflight) return done();
    reply.code(204).headers(preflightHeaders).send();
  });
}
