import { GetObjectCommand, S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { checkedKey, checkedPrefix, type Serving } from './objects.js';
import type { S3Address } from './objects-address.js';

/** Null: as the SDK finds them (the machine's role, the environment). */
export interface S3Credentials {
  accessKeyId: string | null;
  secretAccessKey: string | null;
}

const connectPatienceMs = 5000;
/** Without a byte in either direction. */
const silencePatienceMs = 30_000;
const missing = ['NoSuchKey', 'NoSuchUpload', 'NotFound'];

/** Our part of a bucket. */
export class S3Bucket {
  readonly client: S3Client;
  /** Signs for whom browsers ask. */
  private readonly signer: S3Client;

  constructor(
    private readonly address: S3Address,
    credentials: S3Credentials,
  ) {
    const common = configOf(address, credentials);
    this.client = new S3Client(common);
    this.signer =
      address.publicEndpoint === null
        ? this.client
        : new S3Client({ ...common, endpoint: address.publicEndpoint });
  }

  /** An object, as every command names it. */
  at(key: string): { Bucket: string; Key: string } {
    const { bucket, prefix } = this.address;
    return { Bucket: bucket, Key: prefix + checkedKey(key) };
  }

  /** All of them that begin so. */
  under(prefix: string): { Bucket: string; Prefix: string } {
    const { bucket } = this.address;
    return { Bucket: bucket, Prefix: this.address.prefix + checkedPrefix(prefix) };
  }

  /** Signature Version 4 in the query: for GET of this object, Range included, and nothing else. */
  async signed(key: string, { lifeMs, contentType, disposition }: Serving): Promise<string> {
    const command = new GetObjectCommand({
      ...this.at(key),
      ResponseContentType: contentType,
      ResponseContentDisposition: disposition,
      ResponseCacheControl: 'private, no-store',
    });
    return getSignedUrl(this.signer, command, { expiresIn: Math.floor(lifeMs / 1000) });
  }

  async signedForJob(key: string, lifeMs: number): Promise<string> {
    const command = new GetObjectCommand(this.at(key));
    return getSignedUrl(this.client, command, { expiresIn: Math.floor(lifeMs / 1000) });
  }

  close(): void {
    this.client.destroy();
    this.signer.destroy();
  }
}

/**
 * Checksums of Amazon's own kind only where a call must have one: other stores know Content-MD5, which we send. They
 * are found by their path, too: a bucket is no name of a host there.
 */
function configOf(address: S3Address, credentials: S3Credentials): S3ClientConfig {
  const { accessKeyId, secretAccessKey } = credentials;
  return {
    region: address.region,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: connectPatienceMs,
      socketTimeout: silencePatienceMs,
    },
    ...(address.endpoint === null
      ? { forcePathStyle: address.bucket.includes('.') }
      : { endpoint: address.endpoint, forcePathStyle: true }),
    ...(accessKeyId === null || secretAccessKey === null
      ? {}
      : { credentials: { accessKeyId, secretAccessKey } }),
  };
}

/** Null for what is not there. */
export async function unlessMissing<Result>(asked: Promise<Result>): Promise<Result | null> {
  try {
    return await asked;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return missing.includes(name ?? '') || $metadata?.httpStatusCode === 404;
}
