import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ControlError } from '../control-error.js';
import type { CreatingRequest, GivenAnswer } from '../idempotency.js';
import { nameOf } from '../principal.js';

/** For the OpenAPI document; `of` does the checking, with the codes of its own. */
const schema = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: '8–128 characters, required; a repeat gets the same answer' }),
  ),
});

/** @throws ControlError `idempotency_key_missing`, or `bad_request` for one of a wrong length. */
function of(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') {
    throw new ControlError('idempotency_key_missing', 'Send an Idempotency-Key header.');
  }
  if (key.length < 8 || key.length > 128) {
    throw new ControlError('bad_request', 'An Idempotency-Key has 8 to 128 characters.');
  }
  return key;
}

/**
 * A creating request: the same key of another principal, or on another address, is another one.
 * @throws ControlError as `of`.
 */
function request<Payload>(
  from: FastifyRequest,
  payload: Payload,
): CreatingRequest & { payload: Payload } {
  const who = nameOf(from.principal) ?? from.ip;
  const path = from.url.split('?', 1)[0];
  return { scope: `${from.method} ${path} ${who}`, key: of(from), payload };
}

function reply<Body>(to: FastifyReply, answer: GivenAnswer<Body>): Body {
  if (answer.replayed) to.header('idempotency-replayed', 'true');
  to.code(answer.status);
  return answer.body;
}

export const idempotencyKey = { schema, of, request, reply };
