import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { type Credentials, makeKeyPair } from './identity.js';

/**
 * What an operator carries to a new node: a secret that is good once, and the fingerprint by which the
 * node knows the right control process. `plf_<secret>.<fingerprint>`.
 */
export interface EnrolmentToken {
  secret: string;
  fingerprint: string;
}

const form = /^(plf_[\w-]{43})\.([\da-f]{64})$/;

export function writeToken({ secret, fingerprint }: EnrolmentToken): string {
  return `${secret}.${fingerprint}`;
}

export function newSecret(): string {
  return `plf_${randomBytes(32).toString('base64url')}`;
}

export function readToken(text: string): EnrolmentToken | null {
  const [, secret, fingerprint] = form.exec(text) ?? [];
  return secret === undefined || fingerprint === undefined ? null : { secret, fingerprint };
}

/** What control answers to somebody who enrols. */
export interface Enrolled {
  node_id: string;
  certificate: string;
  authority: string;
}

const patienceMs = 10_000;

/**
 * Makes this machine a node of the fleet.
 * @param address `host:port` of a control process.
 * @throws Error which says what an operator can do: a used or expired token, the wrong address.
 */
export async function enrol(
  address: string,
  token: EnrolmentToken,
  who: { name: string; region: string },
): Promise<{ nodeId: string; credentials: Credentials }> {
  const { key, publicKey } = makeKeyPair();
  const body = JSON.stringify({ token: token.secret, public_key: publicKey, ...who });
  const answer = await post(address, body, token.fingerprint);
  const { node_id: nodeId, certificate, authority } = JSON.parse(answer) as Enrolled;
  return { nodeId, credentials: { key, certificate, authority } };
}

function post(address: string, body: string, fingerprint: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`https://${address}/enrol`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      // Nothing is known of the other side but the fingerprint: judged below, before anything is said.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      timeout: patienceMs,
      agent: false,
    });
    outgoing.on('socket', (socket) => {
      socket.on('secureConnect', () => {
        if (isOf(socket as TLSSocket, fingerprint)) outgoing.end(body);
        else outgoing.destroy(new Error(`${address} is not the control process of this token`));
      });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${address} does not answer`)));
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 201) resolve(text);
        else reject(new Error(`${address} refused: ${text || response.statusCode}`));
      });
    });
  });
}

/** Whether the certificate is one that the authority with this fingerprint has issued. */
function isOf(socket: TLSSocket, fingerprint: string): boolean {
  const { raw, issuerCertificate } = socket.getPeerCertificate(true);
  if (raw === undefined || issuerCertificate?.raw === undefined) return false;
  if (createHash('sha256').update(issuerCertificate.raw).digest('hex') !== fingerprint)
    return false;
  const authority = new X509Certificate(issuerCertificate.raw);
  return new X509Certificate(raw).verify(authority.publicKey);
}
