import type { FastifyRequest } from 'fastify';
import { ControlError } from '../control-error.js';

/** RFC 6750 §2.1: the name of the scheme in any case, then what RFC 9110 §11.2 calls token68. */
const shape = /^bearer +([A-Za-z0-9._~+/-]{1,4096}=*)$/i;

/** The bearer token of a request. @throws ControlError `unauthenticated` when there is none. */
export function bearerOf({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const [, token] = shape.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) throw new ControlError('unauthenticated', 'Send a bearer token.');
  return token;
}
