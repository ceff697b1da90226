import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ControlError, type FieldError, toControlError } from '../control-error.js';
import { Anywhere, Elsewhere } from '../fleet/elsewhere.js';
import type { Ids } from '../ids.js';
import { errorTable } from '../schemas/errors.js';
import { Problem } from '../schemas/http.js';
import type { App } from './app-types.js';
import { askOthers, type Pass, passOn } from './elsewhere.js';
import { guard, guards } from './security-headers.js';

export const problemType = 'application/problem+json';

const schema = { $ref: 'Problem#' } as const;

/** For the `response` of a route schema: every error has this form. */
export const problems = {
  '4xx': { content: { [problemType]: { schema } }, description: 'Refused' },
  '5xx': { content: { [problemType]: { schema } }, description: 'Failed' },
} as const;

/** Every error leaves as problem+json (RFC 9457); what is unexpected is logged, not told. */
export function problemPlugin(app: App, pass: Pass, others: () => string[]): void {
  app.addSchema({ ...Problem, $id: 'Problem' });
  app.setErrorHandler(async (error: FastifyError | Elsewhere | Anywhere, request, reply) => {
    try {
      if (error instanceof Elsewhere) return await passOn(error, { request, reply, pass });
      if (error instanceof Anywhere) {
        return await askOthers(error, { request, reply, pass }, others());
      }
      return sendProblem(reply, request, refusalOf(error, request));
    } catch (failure) {
      return sendProblem(reply, request, refusalOf(failure as FastifyError, request));
    }
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, request, new ControlError('not_found', 'There is nothing at this address.')),
  );
}

/** What is wrong, whatever was thrown. */
export function refusalOf(error: FastifyError, request: FastifyRequest): ControlError {
  const refusal = fromFastify(error) ?? toControlError(error);
  if (refusal.code === 'internal') request.log.error({ err: error }, 'request failed');
  return refusal;
}

export function sendProblem(
  reply: FastifyReply,
  request: FastifyRequest,
  error: ControlError,
): FastifyReply {
  const body = toProblem(error, request.id);
  if (error.extras.retryAfterMs !== undefined || body.status === 429 || body.status === 503) {
    reply.header('retry-after', Math.ceil((error.extras.retryAfterMs ?? 1000) / 1000));
  }
  return reply.code(body.status).type(problemType).serializer(JSON.stringify).send(body);
}

function toProblem(error: ControlError, instance: string): Problem {
  const { title, status: usual } = errorTable[error.code];
  const status = error.extras.status ?? usual;
  const problem: Problem = {
    type: `/docs/errors#${error.code}`,
    title,
    status,
    detail: error.message,
    instance,
    code: error.code,
  };
  if (error.extras.errors !== undefined) problem.errors = error.extras.errors;
  return { ...problem, ...error.extras.members };
}

/** Fastify's own refusals, before a route's code has run. */
function fromFastify(error: FastifyError): ControlError | null {
  if (error.validation !== undefined) {
    return new ControlError('bad_request', `The ${error.validationContext} does not fit.`, {
      errors: error.validation.map(toFieldError),
    });
  }
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ControlError('unsupported_media_type', 'Send the content type of this route.');
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ControlError('payload_too_large', 'The body is too large.');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return nothingThere();
    default:
  }
  return byStatus(error.statusCode ?? 500);
}

/** What nobody's code is wrong about; 403: a path of files that leads elsewhere. */
function byStatus(status: number): ControlError | null {
  if (status < 400 || status > 499) return null;
  if (status === 400) return new ControlError('bad_request', 'The body is not JSON.');
  if (status === 403 || status === 404) return nothingThere();
  if (status === 412) return new ControlError('precondition_failed', 'It is another one by now.');
  return new ControlError('bad_request', 'The request does not fit.', { status });
}

/** No id is as long as that. */
function nothingThere(): ControlError {
  return new ControlError('not_found', 'There is nothing at this address.');
}

function toFieldError(found: {
  instancePath?: string;
  keyword?: string;
  message?: string;
}): FieldError {
  return {
    pointer: found.instancePath ?? '',
    code: found.keyword ?? 'invalid',
    detail: found.message ?? 'does not fit',
  };
}

/** An address that cannot be decoded never reaches a route, nor a hook. */
export function answerBrokenUrl(
  error: { code?: string },
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  guard(request, reply);
  const refusal =
    error.code === 'FST_ERR_MAX_PARAM_LENGTH'
      ? nothingThere()
      : new ControlError('bad_request', 'The address cannot be read.');
  sendProblem(reply, request, refusal);
}

/** What is not even HTTP gets an answer on the bare socket, and that connection ends. */
export function brokenHttpAnswer(ids: Ids): (error: NodeJS.ErrnoException, socket: Socket) => void {
  return (error, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else socket.end(brokenHttp(error.code, ids.next()));
  };
}

function brokenHttpRefusal(cause: string | undefined): ControlError {
  switch (cause) {
    case 'HPE_HEADER_OVERFLOW':
      return new ControlError('payload_too_large', 'The header is too large.', { status: 431 });
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ControlError('bad_request', 'The request came too slowly.', { status: 408 });
    default:
      return new ControlError('bad_request', 'This is not a request that HTTP allows.');
  }
}

function brokenHttp(cause: string | undefined, requestId: string): string {
  const problem = toProblem(brokenHttpRefusal(cause), requestId);
  const body = JSON.stringify(problem);
  const headers = {
    ...guards,
    'x-request-id': requestId,
    'content-type': problemType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const start = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`;
  return [start, ...lines, '', body].join('\r\n');
}
