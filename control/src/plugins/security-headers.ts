import type { FastifyReply, FastifyRequest } from 'fastify';
import { ControlError } from '../control-error.js';
import type { App } from './app-types.js';

/**
 * Only what the bundled client needs; no inline script or style, no page may frame us.
 * @param others origins of servers to which it may go when ours is gone.
 * @param files where recordings are read, when not from us.
 */
const contentSecurityPolicy = (others: readonly string[], files: string | null = null) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    ["media-src 'self' blob: mediastream:", ...(files === null ? [] : [files])].join(' '),
    "font-src 'self'",
    ["connect-src 'self'", ...others.flatMap((one) => [one, one.replace(/^http/, 'ws')])].join(' '),
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');

export const guards = {
  'content-security-policy': contentSecurityPolicy([]),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(self), microphone=(self), display-capture=(self)',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** One year; browsers heed it over HTTPS only (RFC 6797 §8.1). */
const strictTransportSecurity = 'max-age=31536000';

/** More would only be worked at: a browser sends about twenty. */
export const maxHeaderFields = 100;

/**
 * Puts the browser's own guards around every answer, and the request id on it.
 * @param allowedOrigins as of CORS: they are trusted both ways.
 * @param files the origin of the object store, where browsers read from it.
 */
export function securityHeadersPlugin(
  app: App,
  allowedOrigins: readonly string[],
  files: string | null,
): void {
  const policy = contentSecurityPolicy(allowedOrigins, files);
  app.addHook('onRequest', (request, reply, done) => {
    guard(request, reply);
    reply.header('content-security-policy', policy);
    if (request.raw.rawHeaders.length <= 2 * maxHeaderFields) return done();
    const detail = `A request has at most ${maxHeaderFields} header fields.`;
    done(new ControlError('payload_too_large', detail, { status: 431 }));
  });
}

/** What every answer has; the ones that come before the hooks too. */
export function guard(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(guards).header('x-request-id', request.id);
  if (request.protocol === 'https') {
    reply.header('strict-transport-security', strictTransportSecurity);
  }
}
