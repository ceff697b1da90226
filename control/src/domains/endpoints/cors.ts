/**
 * Cross-origin access (https://fetch.spec.whatwg.org): pages of any origin may use WHIP and WHEP. A
 * bearer token lets in, never a cookie, so there is nothing that a foreign page could borrow.
 */
export const corsHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Location, ETag, Link, Retry-After',
} as const;

export const preflightHeaders = {
  'access-control-allow-methods': 'GET, HEAD, POST, PATCH, DELETE, OPTIONS',
  'access-control-allow-headers': 'Authorization, Content-Type, If-Match',
  'access-control-max-age': '86400',
} as const;
