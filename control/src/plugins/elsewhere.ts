import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ControlError } from '../control-error.js';
import type { Anywhere, Elsewhere, Owners } from '../fleet/elsewhere.js';
import { NotReached } from '../fleet/not-reached.js';
import type { PassedAnswer, PassedRequest } from '../fleet/passing-on.js';
import { isId } from '../ids.js';
import type { App } from './app-types.js';

/** To the process with this id. @throws NotReached. */
export type Pass = (controlId: string, request: PassedRequest) => Promise<PassedAnswer>;

/** What runs in it was passed on by a process of ours; nothing in a request could say so. */
const passing = new AsyncLocalStorage<Pick<PassedRequest, 'reached'>>();
/** Of one connection, and not of what is asked. */
const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'upgrade'];
/** Who asks was found out here already. */
const forwarding = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded'];
const laterMs = 1000;
const unavailable = 503;

/**
 * Before anything is asked of a request: whether another process, which has counted it, passed it on.
 * @param region of this process.
 */
export function arrivalPlugin(app: App, region: string): void {
  app.decorateRequest('isPassedOn', false);
  app.addHook('onRequest', (request, _reply, done) => {
    const passed = passing.getStore();
    request.isPassedOn = passed !== undefined;
    request.reached = passed?.reached ?? { origin: null, region };
    done();
  });
}

/** Asked before a route of a meeting runs; a route that finds the meeting out by itself throws `Elsewhere`. */
export function elsewherePlugin(app: App, owners: Owners): void {
  app.addHook('preHandler', async (request) => {
    const { meeting_id: meetingId } = (request.params ?? {}) as { meeting_id?: string };
    if (meetingId !== undefined && isId(meetingId)) await owners.check(meetingId);
  });
}

/** What concerns a meeting whose room another process has is answered by that one, whole. */
export async function passOn(
  { controlId }: Elsewhere,
  { request, reply, pass }: { request: FastifyRequest; reply: FastifyReply; pass: Pass },
): Promise<FastifyReply> {
  if (request.isPassedOn) throw onItsWay();
  const passed = describe(request);
  const answer = await pass(controlId, passed).catch((error) => {
    if (!(error instanceof NotReached)) throw error;
    // It is gone: whoever of the room's region is asked next takes it over, and that may be this process.
    return serveHere(request.server as App, passed);
  });
  const { status, headers, body } = answer;
  return reply.code(status).headers(withoutHops(headers)).send(Buffer.from(body, 'base64'));
}

/**
 * The first process that knows more answers.
 * @throws what the database says, when none does.
 */
export async function askOthers(
  { reason }: Anywhere,
  { request, reply, pass }: { request: FastifyRequest; reply: FastifyReply; pass: Pass },
  others: readonly string[],
): Promise<FastifyReply> {
  if (request.isPassedOn) throw reason;
  const passed = describe(request);
  for (const controlId of others) {
    const answer = await pass(controlId, passed).catch(() => null); // it is gone: the next
    if (answer === null || answer.status === unavailable) continue;
    const { status, headers, body } = answer;
    return reply.code(status).headers(withoutHops(headers)).send(Buffer.from(body, 'base64'));
  }
  throw reason;
}

/** Answers what another process has passed on, or this one in vain. */
export async function serveHere(app: App, passed: PassedRequest): Promise<PassedAnswer> {
  const { method, url, headers, body, address, reached } = passed;
  const payload = body === null ? {} : { payload: body };
  const answer = await passing.run(reached === undefined ? {} : { reached }, async () =>
    app.inject({ method: method as 'GET', url, headers, remoteAddress: address, ...payload }),
  );
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: answer.rawPayload.toString('base64'),
  };
}

function describe(request: FastifyRequest): PassedRequest {
  const { method, url, ip, body } = request;
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(
      ([name]) => !hopByHop.includes(name) && !forwarding.includes(name),
    ),
  );
  const text =
    body === undefined || body === null
      ? null
      : typeof body === 'string'
        ? body
        : JSON.stringify(body);
  return { method, url, headers, body: text, address: ip };
}

function withoutHops(headers: PassedAnswer['headers']): PassedAnswer['headers'] {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.includes(name)));
}

function onItsWay(): ControlError {
  const extras = { retryAfterMs: laterMs };
  return new ControlError('dependency_down', 'The room is on its way to another process.', extras);
}
