import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { isId } from '../ids.js';

/** `node`: a media node. */
export type MemberRole = 'node' | 'recorder';
export type FleetRole = 'control' | MemberRole;

/** Who somebody in the fleet is, as its certificate says. */
export interface Identity {
  role: FleetRole;
  id: string;
}

/** What a process shows of itself; all PEM. */
export interface Credentials {
  key: string;
  certificate: string;
  /** That both sides' certificates are of. */
  authority: string;
}

export function uriOf({ role, id }: Identity): string {
  return `plenum:${role}:${id}`;
}

/** Of a certificate that was verified already. Null: it names nobody. */
export function identityIn(subjectAltName: string | undefined): Identity | null {
  const [, role, id] =
    /^URI:plenum:(control|node|recorder):([\da-f-]{36})$/.exec(subjectAltName ?? '') ?? [];
  if (role === undefined || id === undefined || !isId(id)) return null;
  return { role: role as FleetRole, id };
}

/** The other side of a connection whose certificate was verified. Null: it showed none. */
export function identityOf(socket: TLSSocket): Identity | null {
  if (!socket.authorized) return null;
  return identityIn(socket.getPeerCertificate().subjectaltname);
}

export function isExpiredAfter(certificate: string, at: number): boolean {
  return new X509Certificate(certificate).validToDate.getTime() < at;
}

export function makeKeyPair(): { key: string; publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }) as string,
  };
}
