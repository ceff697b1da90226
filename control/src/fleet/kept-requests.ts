import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.js';
import { requireControl } from './dial.js';
import { type Credentials, identityOf } from './identity.js';
import { lostAfterMs } from './node-messages.js';
import { NotReached } from './not-reached.js';
import { readAll } from './read-all.js';
import type { KeptCall } from './second-copy.js';

/** A process with copies of what others keep. */
export interface KeptCopies {
  accept: (controlId: string, bytes: Buffer) => Promise<void>;
  forget: (controlId: string) => Promise<void>;
  settleCopy: (controlId: string) => Promise<void>;
}

/** Of a whole copy. */
const maxBytes = 256 * 1024 * 1024;
/** Between two words that what was asked is being done. */
const atWorkMs = 500;
/** Everybody in a room waits for it. One connection: what is asked later is done later. */
const copying = { timeout: 1000, agent: new Agent({ keepAlive: true, maxSockets: 1 }) };
/** As long as it says now and then that it is at work; it has no connection that others wait for. */
const settling = { timeout: lostAfterMs, agent: new Agent() };

/** @throws NotReached. */
export function callKept(
  to: { address: string; credentials: Credentials },
  path: KeptCall,
  body: Buffer,
): Promise<void> {
  const { key, certificate, authority } = to.credentials;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new NotReached(error.message));
    const outgoing = httpsRequest(`https://${to.address}${path}`, {
      ...{ method: 'POST', ...(path === '/kept/settle' ? settling : copying) },
      headers: { 'content-length': body.length },
      ...{ key, cert: certificate, ca: authority, minVersion: 'TLSv1.3' },
      checkServerIdentity: requireControl,
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      response.resume();
      if (response.statusCode === 204) resolve();
      else fail(new Error(`it answers ${response.statusCode}`));
    });
    outgoing.end(body);
  });
}

/** The other side: what is done is durable when it is answered. */
export async function answerKept(
  request: IncomingMessage,
  reply: ServerResponse,
  { copies, clock }: { copies: KeptCopies; clock: Clock },
): Promise<void> {
  const from = identityOf(request.socket as TLSSocket)?.id ?? '';
  const body = await readAll(request, maxBytes);
  const calls: Record<KeptCall, () => Promise<void>> = {
    '/kept': () => copies.accept(from, body),
    '/kept/clear': () => copies.forget(from),
    '/kept/settle': () => sayingSo(reply, clock, copies.settleCopy(body.toString())),
  };
  await calls[request.url as KeptCall]();
  reply.writeHead(204).end();
}

/** Whoever asked waits on while they hear that it is being done (102, RFC 2518 §10.1). */
async function sayingSo(reply: ServerResponse, clock: Clock, work: Promise<void>): Promise<void> {
  let cancel = () => {};
  const next = () => {
    cancel = clock.after(atWorkMs, () => {
      reply.writeProcessing();
      next();
    });
  };
  next();
  await work.finally(() => cancel());
}
