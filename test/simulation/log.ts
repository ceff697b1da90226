import type { FastifyBaseLogger } from 'fastify';
import type { Host } from './host.js';

/** A process's log: lines of the trace. What can only be a mistake of ours ends the run. */
export function logOf(host: Host): FastifyBaseLogger {
  const { world } = host;
  const write = (about: object | string, text = '') => {
    const { err } = about as { err?: unknown };
    if (isMistake(err)) world.fail(err);
    if (!world.isTracing) return;
    const more = err instanceof Error ? `${err.name}: ${err.message}` : JSON.stringify(about);
    world.tell(`${host.name} says: ${text} ${more}`);
  };
  const log = { info: write, warn: write, error: write, debug() {}, trace() {}, fatal: write };
  return Object.assign(log, { level: 'info', silent() {}, child: () => log }) as never;
}

export function isMistake(error: unknown): error is Error {
  return [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
}
