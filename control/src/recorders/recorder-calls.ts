import type { FastifyBaseLogger } from 'fastify';
import { NodeError } from '../nodes/node-client.js';
import { CallError } from '../rpc/calls.js';
import { type RecorderClient, type RecorderMethod, recorderMethods } from './recorder-client.js';

/** Answers a call of control, by whichever way it came. @throws CallError. */
export async function serveRecorder(
  recorder: RecorderClient,
  { method, argument }: { method: string; argument: unknown },
  log: Pick<FastifyBaseLogger, 'error'>,
): Promise<unknown> {
  if (!(recorderMethods as readonly string[]).includes(method)) {
    throw new CallError('bad_request', `There is no ${method}.`);
  }
  const call = recorder[method as RecorderMethod] as (argument: unknown) => Promise<unknown>;
  try {
    return (await call(argument)) ?? null;
  } catch (error) {
    if (error instanceof NodeError) throw new CallError(error.code, error.message);
    log.error({ err: error, method }, 'a call failed');
    throw new CallError('internal', 'The recorder failed.');
  }
}
