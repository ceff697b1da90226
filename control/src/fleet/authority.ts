import 'reflect-metadata';
import { createHash, createPublicKey, type KeyObject, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { Clock } from '../clock.js';
import { ed25519From, type KeyRing } from '../keys/key-ring.js';
import { type Identity, uriOf } from './identity.js';

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

const dayMs = 24 * 3600 * 1000;
/** Nodes ask for the next one when two thirds are over. */
export const certificateLifeMs = 90 * dayMs;
/** Clocks may differ by so much. */
const leewayMs = 3600 * 1000;
const algorithm = 'Ed25519';
const name = 'CN=Plenum fleet';

/**
 * Says who belongs to the fleet: X.509 certificates (RFC 5280, Ed25519 by RFC 8410) that name a role
 * and an id. Its key follows from the installation's keys, so every control process is the same
 * authority, and nothing is kept or handed around.
 */
export class Authority {
  private constructor(
    /** PEM, the same in every process. */
    readonly certificate: string,
    private readonly key: webcrypto.CryptoKey,
    private readonly clock: Clock,
  ) {}

  static async open(keys: KeyRing, clock: Clock): Promise<Authority> {
    const secret = ed25519From(keys.seed('fleet authority'));
    const key = await imported(secret, 'sign');
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name,
      notBefore: new Date(0),
      notAfter: new Date('2100-01-01'),
      signingAlgorithm: algorithm,
      keys: { privateKey: key, publicKey: await imported(createPublicKey(secret), 'verify') },
      extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
    });
    return new Authority(`${certificate.toString('pem')}\n`, key, clock);
  }

  /** SHA-256 of the certificate, hex: by it an enrolling node knows whom it talks to. */
  get fingerprint(): string {
    return fingerprintOf(this.certificate);
  }

  /**
   * @param publicKey SPKI, PEM.
   * @returns the certificate, PEM. @throws Error when that is no Ed25519 key.
   */
  async issue(identity: Identity, publicKey: string): Promise<string> {
    const now = this.clock.now();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${identity.role} ${identity.id}`,
      issuer: name,
      notBefore: new Date(now - leewayMs),
      notAfter: new Date(now + certificateLifeMs),
      signingAlgorithm: algorithm,
      signingKey: this.key,
      publicKey: await imported(createPublicKey(publicKey), 'verify'),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uriOf(identity) }]),
      ],
    });
    return `${certificate.toString('pem')}\n`;
  }
}

export function fingerprintOf(certificate: string): string {
  return createHash('sha256')
    .update(new Uint8Array(new x509.X509Certificate(certificate).rawData))
    .digest('hex');
}

function imported(key: KeyObject, usage: 'sign' | 'verify'): Promise<webcrypto.CryptoKey> {
  const jwk = key.export({ format: 'jwk' }) as webcrypto.JsonWebKey;
  return webcrypto.subtle.importKey('jwk', jwk, algorithm, true, [usage]);
}
