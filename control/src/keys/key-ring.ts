import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  hkdfSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

interface StoredKeys {
  kid: string;
  signing: JsonWebKey;
  sealing: string;
}

export interface PublicKey {
  kty: string;
  crv: string;
  x: string;
  kid: string;
  alg: string;
  use: string;
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

/** The secrets of an installation: an Ed25519 key that signs tokens, an AES key that seals rows. */
export class KeyRing {
  readonly kid: string;
  readonly signing: KeyObject;
  readonly verifying: KeyObject;
  private readonly sealing: KeyObject;

  /** @param older what it opens besides its own: rows sealed by the keys before these. */
  constructor(
    stored: StoredKeys,
    private readonly older: KeyRing | null = null,
  ) {
    this.kid = stored.kid;
    this.signing = createPrivateKey({ key: stored.signing, format: 'jwk' });
    this.verifying = createPublicKey(this.signing);
    this.sealing = createSecretKey(stored.sealing, 'base64url');
  }

  /**
   * The keys that follow from `secret`: the same in every process that has it. Null: those of
   * `keys.json` (mode 0600) in `folder`, made at the first start; with a secret they still open what
   * they sealed.
   */
  static open(folder: string, secret: string | null = null): KeyRing {
    const file = join(folder, 'keys.json');
    const kept = readKeys(file);
    if (secret !== null) return new KeyRing(derive(secret), kept && new KeyRing(kept));
    if (kept !== null) return new KeyRing(kept);
    const fresh = generate();
    writeDurably(file, JSON.stringify(fresh));
    return new KeyRing(fresh);
  }

  /** For tests: keys that nobody keeps. */
  static ephemeral(): KeyRing {
    return new KeyRing(generate());
  }

  publicKeys(): PublicKey[] {
    const { x } = this.verifying.export({ format: 'jwk' });
    return [
      { kty: 'OKP', crv: 'Ed25519', x: x as string, kid: this.kid, alg: 'EdDSA', use: 'sig' },
    ];
  }

  /** AES-256-GCM, `nonce | ciphertext | tag`. `context` must be the same when it is opened. */
  seal(plain: string, context: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const sealer = createCipheriv(cipher, this.sealing, nonce).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([sealer.update(plain, 'utf8'), sealer.final()]);
    return Buffer.concat([nonce, sealed, sealer.getAuthTag()]);
  }

  /**
   * Recognises text without keeping it (HMAC-SHA256): unlike a plain hash, it cannot be used to try
   * out what the text was, without our key.
   */
  fingerprint(text: string, context: string): Buffer {
    return createHmac('sha256', this.sealing).update(`${context}\0`).update(text).digest();
  }

  /** Of these keys and of those before them: what was kept may be older than the keys of today. */
  fingerprints(text: string, context: string): Buffer[] {
    const older = this.older?.fingerprints(text, context) ?? [];
    return [this.fingerprint(text, context), ...older];
  }

  /** @throws Error when the bytes, the key or the context are others than when it was sealed. */
  unseal(sealed: Buffer, context: string): string {
    if (this.older === null) return this.openOwn(sealed, context);
    try {
      return this.openOwn(sealed, context);
    } catch {
      return this.older.unseal(sealed, context);
    }
  }

  /** 32 bytes that follow from these keys and the name, by HKDF-SHA256 (RFC 5869): for a key of its own. */
  seed(name: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.sealing, '', `plenum ${name}`, 32));
  }

  private openOwn(sealed: Buffer, context: string): string {
    const opener = createDecipheriv(cipher, this.sealing, sealed.subarray(0, nonceBytes));
    opener.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-tagBytes));
    const body = sealed.subarray(nonceBytes, -tagBytes);
    return opener.update(body, undefined, 'utf8') + opener.final('utf8');
  }
}

function readKeys(file: string): StoredKeys | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as StoredKeys;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** PKCS #8 of an Ed25519 key up to its 32 bytes (RFC 8410 §7). */
const ed25519Header = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The private key whose secret these 32 bytes are. */
export function ed25519From(seed: Buffer): KeyObject {
  const der = Buffer.concat([ed25519Header, seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

/** By HKDF-SHA256 (RFC 5869), each key under a name of its own. */
function derive(secret: string): StoredKeys {
  const part = (name: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', secret, '', `plenum ${name}`, bytes));
  const signing = ed25519From(part('signing', 32));
  return {
    kid: part('kid', 8).toString('hex'),
    signing: signing.export({ format: 'jwk' }),
    sealing: part('sealing', 32).toString('base64url'),
  };
}

function generate(): StoredKeys {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    kid: randomBytes(8).toString('hex'),
    signing: privateKey.export({ format: 'jwk' }),
    sealing: randomBytes(32).toString('base64url'),
  };
}

function writeDurably(file: string, text: string): void {
  const partial = `${file}.partial`;
  const descriptor = openSync(partial, 'w', 0o600);
  writeSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
  renameSync(partial, file);
}
