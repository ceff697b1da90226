import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { requireControl } from './dial.js';
import { type Credentials, identityOf } from './identity.js';
import { NotReached } from './not-reached.js';
import { readAll } from './read-all.js';
import type { KeptCall } from './second-copy.js';

/** A process with copies of what others keep. */
export interface KeptCopies {
  accept: (controlId: string, bytes: Buffer) => Promise<void>;
  forget: (controlId: string) => Promise<void>;
  settleCopy: (controlId: string) => Promise<void>;
}

/** Everybody in a room waits for it. */
const patienceMs = 1000;
/** Of a whole copy. */
const maxBytes = 256 * 1024 * 1024;
/** One connection: what is asked later is done later. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

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
      ...{ method: 'POST', agent, timeout: patienceMs },
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
  copies: KeptCopies,
): Promise<void> {
  const from = identityOf(request.socket as TLSSocket)?.id ?? '';
  const body = await readAll(request, maxBytes);
  const calls: Record<KeptCall, () => Promise<void>> = {
    '/kept': () => copies.accept(from, body),
    '/kept/clear': () => copies.forget(from),
    '/kept/settle': () => copies.settleCopy(body.toString()),
  };
  await calls[request.url as KeptCall]();
  reply.writeHead(204).end();
}
