import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type {
  CredentialCreation,
  CredentialRequest,
  NewCredential,
  ShownCredential,
} from '../schemas/http.js';

/** What a test makes otherwise than a browser would. */
export interface Forged {
  origin?: string;
  rpId?: string;
  challenge?: string;
  /** The next count of signatures in its place; it counts on from there. */
  count?: number;
}

/** Authenticator data (WebAuthn §6.1): the user is there and verified; with a new key. */
const flags = { shown: 0x05, made: 0x45 };

/** A browser with a security key (ES256), as far as a server can tell: WebAuthn §5.1, §6. */
export class SoftwareAuthenticator {
  readonly credentialId = randomBytes(32);
  private readonly publicKey: KeyObject;
  private readonly privateKey: KeyObject;
  private count: number;

  /** @param counts a key that does not count says 0 each time. */
  constructor(
    private readonly origin: string,
    private readonly counts = true,
  ) {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.publicKey = pair.publicKey;
    this.privateKey = pair.privateKey;
    this.count = 0;
  }

  get id(): string {
    return this.credentialId.toString('base64url');
  }

  /** `navigator.credentials.create`, with no attestation (§8.7). */
  create({ challenge, rp }: CredentialCreation, forged: Forged = {}): NewCredential {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.credentialId.length);
    const credential = Buffer.concat([Buffer.alloc(16), length, this.credentialId, this.coseKey()]);
    const authData = this.authData({ rpId: rp.id, ...forged }, flags.made, credential);
    const attestation = cbor({ fmt: 'none', attStmt: {}, authData });
    return {
      ...{ id: this.id, rawId: this.id, type: 'public-key' },
      response: {
        clientDataJSON: this.clientData('webauthn.create', { challenge, ...forged }),
        attestationObject: attestation.toString('base64url'),
        transports: ['usb'],
      },
    };
  }

  /** `navigator.credentials.get`. */
  get({ challenge, rpId }: CredentialRequest, forged: Forged = {}): ShownCredential {
    const authData = this.authData({ rpId, ...forged }, flags.shown);
    const clientDataJSON = this.clientData('webauthn.get', { challenge, ...forged });
    const hash = createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest();
    const signature = sign('sha256', Buffer.concat([authData, hash]), this.privateKey);
    return {
      ...{ id: this.id, rawId: this.id, type: 'public-key' },
      response: {
        clientDataJSON,
        authenticatorData: authData.toString('base64url'),
        signature: signature.toString('base64url'),
      },
    };
  }

  private clientData(type: string, { challenge, origin = this.origin }: Forged): string {
    const text = JSON.stringify({ type, challenge, origin, crossOrigin: false });
    return Buffer.from(text).toString('base64url');
  }

  private authData({ rpId = '', count }: Forged, flag: number, credential = Buffer.alloc(0)) {
    if (this.counts) this.count = count ?? this.count + 1;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.count);
    const hash = createHash('sha256').update(rpId).digest();
    return Buffer.concat([hash, Buffer.of(flag), counter, credential]);
  }

  /** EC2, ES256, P-256 (RFC 9053 §2.1, §7.1.1). */
  private coseKey(): Buffer {
    const { x = '', y = '' } = this.publicKey.export({ format: 'jwk' });
    const point = [x, y].map((part) => Buffer.from(part, 'base64url'));
    const head = Buffer.from('a5010203262001', 'hex');
    return Buffer.concat([head, Buffer.of(0x21), cbor(point[0]), Buffer.of(0x22), cbor(point[1])]);
  }
}

/** Texts, bytes and maps of them (RFC 8949 §3), up to 65535 long. */
function cbor(value: unknown): Buffer {
  if (typeof value === 'string') return withHead(3, Buffer.from(value));
  if (Buffer.isBuffer(value)) return withHead(2, value);
  const entries = Object.entries(value as object);
  const parts = entries.flatMap(([name, each]) => [cbor(name), cbor(each)]);
  return Buffer.concat([head(5, entries.length), ...parts]);
}

function withHead(major: number, bytes: Buffer): Buffer {
  return Buffer.concat([head(major, bytes.length), bytes]);
}

function head(major: number, length: number): Buffer {
  const type = major << 5;
  if (length < 24) return Buffer.of(type | length);
  if (length < 256) return Buffer.of(type | 24, length);
  return Buffer.of(type | 25, length >> 8, length & 255);
}
