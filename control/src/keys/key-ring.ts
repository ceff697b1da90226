import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
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
  private readonly sealing: Buffer;

  constructor(stored: StoredKeys) {
    this.kid = stored.kid;
    this.signing = createPrivateKey({ key: stored.signing, format: 'jwk' });
    this.verifying = createPublicKey(this.signing);
    this.sealing = Buffer.from(stored.sealing, 'base64url');
  }

  /** Reads `keys.json` (mode 0600) in `folder`; makes it at the first start. */
  static open(folder: string): KeyRing {
    const file = join(folder, 'keys.json');
    try {
      return new KeyRing(JSON.parse(readFileSync(file, 'utf8')) as StoredKeys);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
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

  /** @throws Error when the bytes, the key or the context are others than when it was sealed. */
  unseal(sealed: Buffer, context: string): string {
    const opener = createDecipheriv(cipher, this.sealing, sealed.subarray(0, nonceBytes));
    opener.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-tagBytes));
    const body = sealed.subarray(nonceBytes, -tagBytes);
    return opener.update(body, undefined, 'utf8') + opener.final('utf8');
  }
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
