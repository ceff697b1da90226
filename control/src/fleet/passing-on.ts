import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { type ClientOptions, WebSocket } from 'ws';
import { requireControl } from './dial.js';
import type { Credentials } from './identity.js';
import { NotReached } from './not-reached.js';
import { readAll } from './read-all.js';

/** A control process as people come to it. */
export interface ReachedProcess {
  /** What links begin with there; null: what the request came to. */
  origin: string | null;
  region: string;
}

/** A request as one control process passes it on to another. */
export interface PassedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string | null;
  /** Whom it is from. */
  address: string;
  /** By which process; none while it is not on its way. */
  reached?: ReachedProcess;
}

export interface PassedAnswer {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  /** base64. */
  body: string;
}

/** Requests of ours take milliseconds; one of them waits for the database, up to its own deadline. */
const patienceMs = 30_000;
/** Until TLS and the WebSocket stand. */
const openMs = 3000;
/** Of a request's JSON; the largest body is a megabyte. */
export const maxPassedBytes = 4 * 1024 * 1024;

/** @throws NotReached. */
export function passRequest(
  address: string,
  credentials: Credentials,
  passed: PassedRequest,
): Promise<PassedAnswer> {
  const body = JSON.stringify(passed);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new NotReached(error.message));
    const outgoing = httpsRequest(`https://${address}/request`, {
      method: 'POST',
      headers: { 'content-length': Buffer.byteLength(body) },
      timeout: patienceMs,
      ...tlsOf(credentials),
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      readAll(response, maxPassedBytes * 2).then((answer) => {
        if (response.statusCode === 200) resolve(JSON.parse(String(answer)) as PassedAnswer);
        else fail(new Error(`it answers ${response.statusCode}`));
      }, fail);
    });
    outgoing.end(body);
  });
}

/** The owner's side. */
export async function answerPassed(
  request: IncomingMessage,
  reply: ServerResponse,
  serve: (passed: PassedRequest) => Promise<PassedAnswer>,
): Promise<void> {
  const passed = JSON.parse(String(await readAll(request, maxPassedBytes))) as PassedRequest;
  const answer = await serve(passed);
  reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}

/** Opens a socket at another process for whoever has one here. `about`: whose it is. */
export function passSocket(address: string, credentials: Credentials, about: string): WebSocket {
  const options: ClientOptions = {
    ...tlsOf(credentials),
    perMessageDeflate: false,
    handshakeTimeout: openMs,
    headers: { 'x-plenum-about': about },
  };
  return new WebSocket(`wss://${address}/socket`, options);
}

/** Made once for each certificate: it is what costs most of a connection that is passed on. */
const contexts = new WeakMap<Credentials, SecureContext>();

function contextOf(credentials: Credentials): SecureContext {
  const { key, certificate: cert, authority: ca } = credentials;
  const context =
    contexts.get(credentials) ?? createSecureContext({ key, cert, ca, minVersion: 'TLSv1.3' });
  contexts.set(credentials, context);
  return context;
}

function tlsOf(credentials: Credentials) {
  return {
    secureContext: contextOf(credentials),
    // Its type in ws is that of an older Node.
    checkServerIdentity: requireControl as never,
  };
}
