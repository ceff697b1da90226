import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ControlError } from '../control-error.js';
import type { CreatingRequest, GivenAnswer } from '../idempotency.js';
import { hashSecret } from '../ids.js';
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
 * A creating request: the same key of another principal is another one. Of nobody that is known the
 * same key from another address is another one too, unless what is asked with proves who asks.
 * @param proof what only one client can know, with 128 bit or more; kept as a hash. Whoever shows it
 *   is the same one, whatever network they are in by now.
 * @throws ControlError as `of`.
 */
function request<Payload>(
  from: FastifyRequest,
  payload: Payload,
  proof: string | null = null,
): CreatingRequest & { payload: Payload } {
  const proven = proof && `with ${hashSecret(proof).toString('base64url')}`;
  const who = nameOf(from.principal) ?? proven ?? from.ip;
  const path = from.url.split('?', 1)[0];
  return { scope: `${from.method} ${path} ${who}`, key: of(from), payload };
}

function reply<Body>(to: FastifyReply, answer: GivenAnswer<Body>): Body {
  if (answer.replayed) to.header('idempotency-replayed', 'true');
  to.code(answer.status);
  return answer.body;
}

export const idempotencyKey = { schema, of, request, reply };
