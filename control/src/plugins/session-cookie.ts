import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * The cookie of a login. `__Host-`: of this very host, over HTTPS (browsers take loopback for it),
 * never set by a neighbour (RFC 6265bis §4.1.3.2).
 */
const name = '__Host-session';
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';

export function sessionCookieOf(request: Pick<FastifyRequest, 'headers'>): string | null {
  return cookieOf(request, name);
}

export function cookieOf(
  { headers }: Pick<FastifyRequest, 'headers'>,
  name: string,
): string | null {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [key, value] = pair.split('=', 2);
    if (key?.trim() === name && value) return value.trim();
  }
  return null;
}

export function setSessionCookie(reply: FastifyReply, token: string, lifeS: number): void {
  reply.header('set-cookie', `${name}=${token}; ${attributes}; Max-Age=${lifeS}`);
}

export function clearSessionCookie(reply: FastifyReply): void {
  reply.header('set-cookie', `${name}=; ${attributes}; Max-Age=0`);
}
