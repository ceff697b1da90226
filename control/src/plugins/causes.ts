import type { IncomingMessage } from 'node:http';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { type Cause, causedBy } from '../cause.js';
import { nameOf } from '../principal.js';
import { type Trace, traceFrom } from '../trace.js';
import type { App } from './app-types.js';

const traces = new WeakMap<IncomingMessage, Trace>();

/** The trace of a request, the same each time it is asked for. */
function traceOf(raw: IncomingMessage): Trace {
  const trace = traces.get(raw) ?? traceFrom(raw.headers.traceparent);
  traces.set(raw, trace);
  return trace;
}

export function causeOf({ principal, ip, id, raw }: FastifyRequest): Cause {
  return { by: nameOf(principal), ip, requestId: id, trace: traceOf(raw) };
}

/**
 * Routes run with their cause. As the last step before them: what was awaited for the body belongs to
 * the socket, whose context is another one.
 */
export function causesPlugin(app: App): void {
  app.addHook('preHandler', (request, _reply, done) => causedBy(causeOf(request), done));
}

/** Each line that is logged about a request names its trace. */
export function requestLogger(
  log: FastifyBaseLogger,
  bindings: object,
  options: object,
  raw: IncomingMessage,
): FastifyBaseLogger {
  return log.child({ ...bindings, trace_id: traceOf(raw).traceId }, options);
}
