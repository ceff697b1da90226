import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { StoredPart } from '../../../recorder/src/index.js';
import {
  type ByteRange,
  notAsSaid,
  type Objects,
  type Serving,
  type WholeFile,
} from './objects.js';
import type { S3Address } from './objects-address.js';
import { S3Bucket, type S3Credentials, unlessMissing } from './s3-bucket.js';
import { md5, S3Parts } from './s3-parts.js';

/** A larger file goes in parts of it. So much is in memory at once. */
const partBytes = 16 * 1024 * 1024;
/** S3 takes no more. */
const maxParts = 10_000;

/** Objects in a bucket of S3, or of a store that speaks as it does. */
export class S3Objects implements Objects {
  readonly inParts: S3Parts;
  private readonly bucket: S3Bucket;

  constructor(address: S3Address, credentials: S3Credentials) {
    this.bucket = new S3Bucket(address, credentials);
    this.inParts = new S3Parts(this.bucket);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.putBytes(key, bytes, 'application/octet-stream');
  }

  async putFile(key: string, whole: WholeFile): Promise<void> {
    const size = Math.max(partBytes, Math.ceil(whole.bytes / maxParts));
    if (whole.bytes > size) await this.putLarge(key, whole, size);
    else await this.putSmall(key, whole);
    if ((await this.sizeOf(key)) !== whole.bytes) throw notAsSaid(key);
  }

  private async putSmall(key: string, whole: WholeFile): Promise<void> {
    const hash = createHash('sha256');
    const chunks: Uint8Array[] = [];
    for await (const chunk of chunksOf(whole, whole.bytes + 1, hash)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (!isAsSaid(whole, bytes.byteLength, hash)) throw notAsSaid(key);
    await this.putBytes(key, bytes, whole.contentType);
  }

  private async putLarge(key: string, whole: WholeFile, size: number): Promise<void> {
    const upload = await this.inParts.begin(key, whole.contentType);
    try {
      const hash = createHash('sha256');
      const parts: StoredPart[] = [];
      for await (const chunk of chunksOf(whole, size, hash)) {
        parts.push(await this.inParts.putPart(upload, parts.length + 1, chunk));
      }
      const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
      if (!isAsSaid(whole, bytes, hash)) throw notAsSaid(key);
      await this.inParts.complete(upload, parts);
    } catch (error) {
      await this.inParts.abort(upload).catch(() => {});
      throw error;
    }
  }

  private async putBytes(key: string, bytes: Uint8Array, contentType: string): Promise<void> {
    const command = new PutObjectCommand({
      ...this.bucket.at(key),
      Body: bytes,
      ContentType: contentType,
      ContentMD5: md5(bytes).toString('base64'),
    });
    await this.bucket.client.send(command);
  }

  async get(key: string): Promise<Uint8Array | null> {
    const command = new GetObjectCommand(this.bucket.at(key));
    const found = await unlessMissing(this.bucket.client.send(command));
    return found?.Body?.transformToByteArray() ?? null;
  }

  async read(key: string, range?: ByteRange): Promise<Readable | null> {
    const part = range && { Range: `bytes=${range.first}-${range.last}` };
    const command = new GetObjectCommand({ ...this.bucket.at(key), ...part });
    const found = await unlessMissing(this.bucket.client.send(command));
    return (found?.Body as Readable | undefined) ?? null;
  }

  async sizeOf(key: string): Promise<number | null> {
    const command = new HeadObjectCommand(this.bucket.at(key));
    return (await unlessMissing(this.bucket.client.send(command)))?.ContentLength ?? null;
  }

  async delete(key: string): Promise<void> {
    await this.deleteOne(this.bucket.at(key));
  }

  async deleteAll(prefix: string): Promise<void> {
    await this.abortAll(prefix);
    // One at a time: deleting several in one call wants a checksum that not every store knows.
    for (;;) {
      const command = new ListObjectsV2Command(this.bucket.under(prefix));
      const { Contents = [], IsTruncated } = await this.bucket.client.send(command);
      for (const { Key } of Contents) await this.deleteOne(this.named(prefix, Key));
      if (!IsTruncated) return;
    }
  }

  /** A store lists a thousand at a time. Not every one knows how to go on behind a page: what is left is asked for. */
  private async abortAll(prefix: string): Promise<void> {
    const aborted = new Set<string | undefined>();
    for (;;) {
      const command = new ListMultipartUploadsCommand(this.bucket.under(prefix));
      const { Uploads = [], IsTruncated } = await this.bucket.client.send(command);
      const left = Uploads.filter(({ UploadId }) => !aborted.has(UploadId));
      if (IsTruncated && left.length === 0)
        throw new Error('The store lists nothing that is left.');
      for (const { Key, UploadId } of left) {
        const abort = new AbortMultipartUploadCommand({ ...this.named(prefix, Key), UploadId });
        await unlessMissing(this.bucket.client.send(abort));
        aborted.add(UploadId);
      }
      if (!IsTruncated) return;
    }
  }

  addressFor(key: string, serving: Serving): Promise<string> {
    return this.bucket.signed(key, serving);
  }

  addressForJob(key: string, lifeMs: number): Promise<string> {
    return this.bucket.signedForJob(key, lifeMs);
  }

  close(): void {
    this.bucket.close();
  }

  private async deleteOne(object: { Bucket: string; Key: string }): Promise<void> {
    await unlessMissing(this.bucket.client.send(new DeleteObjectCommand(object)));
  }

  /** As it was listed, which must be below what was asked for. */
  private named(prefix: string, key = ''): { Bucket: string; Key: string } {
    const { Bucket, Prefix } = this.bucket.under(prefix);
    if (!key.startsWith(Prefix)) throw new Error('The store lists what was not asked for.');
    return { Bucket, Key: key };
  }
}

/** The file from its beginning, in pieces of `size` bytes but the last; `hash` has seen them. */
async function* chunksOf(
  { path }: WholeFile,
  size: number,
  hash: Hash,
): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r');
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(size);
      let filled = 0;
      while (filled < size) {
        const { bytesRead } = await handle.read(chunk, filled, size - filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      if (filled === 0) return;
      hash.update(chunk.subarray(0, filled));
      yield chunk.subarray(0, filled);
    }
  } finally {
    await handle.close();
  }
}

function isAsSaid(whole: WholeFile, bytes: number, hash: Hash): boolean {
  return bytes === whole.bytes && hash.digest('hex') === whole.sha256;
}
