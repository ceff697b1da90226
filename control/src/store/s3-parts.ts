import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { PartStore, StoredPart, UploadRef } from '../../../recorder/src/index.js';
import { isMissing, type S3Bucket, unlessMissing } from './s3-bucket.js';

/** MD5 in hexadecimal, as an ETag is of a part where it is not sealed with a key of its own. */
const plainTag = /^[0-9a-f]{32}$/;
const composedTag = /^[0-9a-f]{32}-\d+$/;

/** Uploads in parts. Each part is sent with its MD5, which the store checks. */
export class S3Parts implements PartStore {
  constructor(private readonly bucket: S3Bucket) {}

  async begin(key: string, contentType: string): Promise<UploadRef> {
    const command = new CreateMultipartUploadCommand({
      ...this.bucket.at(key),
      ContentType: contentType,
    });
    const { UploadId } = await this.bucket.client.send(command);
    if (UploadId === undefined) throw new Error('The store began no upload.');
    return { key, uploadId: UploadId };
  }

  async putPart(upload: UploadRef, number: number, bytes: Uint8Array): Promise<StoredPart> {
    const command = new UploadPartCommand({
      ...this.of(upload),
      PartNumber: number,
      Body: bytes,
      ContentMD5: md5(bytes).toString('base64'),
    });
    const { ETag } = await this.bucket.client.send(command);
    return { number, etag: bare(ETag), bytes: bytes.byteLength };
  }

  async parts(upload: UploadRef): Promise<StoredPart[] | null> {
    const found: StoredPart[] = [];
    let marker: string | undefined;
    do {
      const asked = { ...this.of(upload), ...(marker && { PartNumberMarker: marker }) };
      const page = await unlessMissing(this.bucket.client.send(new ListPartsCommand(asked)));
      if (page === null) return null;
      for (const { PartNumber = 0, ETag, Size = 0 } of page.Parts ?? []) {
        found.push({ number: PartNumber, etag: bare(ETag), bytes: Size });
      }
      marker = page.IsTruncated ? page.NextPartNumberMarker : undefined;
    } while (marker !== undefined);
    // Some stores say of an upload that never was that it has no parts.
    return found.length > 0 || (await this.isUnderWay(upload)) ? found : null;
  }

  /** Done before counts as done now: the answer may have been lost. */
  async complete(upload: UploadRef, parts: readonly StoredPart[]): Promise<void> {
    const ordered = [...parts].sort((a, b) => a.number - b.number);
    const command = new CompleteMultipartUploadCommand({
      ...this.of(upload),
      MultipartUpload: {
        Parts: ordered.map(({ number, etag }) => ({ PartNumber: number, ETag: `"${etag}"` })),
      },
    });
    let tag: string | null = null;
    try {
      tag = bare((await this.bucket.client.send(command)).ETag);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    await this.verify(upload.key, ordered, tag);
  }

  async abort(upload: UploadRef): Promise<void> {
    await unlessMissing(this.bucket.client.send(new AbortMultipartUploadCommand(this.of(upload))));
  }

  /** By the size, and by the ETag where the store composes those of what the parts have. */
  private async verify(
    key: string,
    parts: readonly StoredPart[],
    tag: string | null,
  ): Promise<void> {
    const head = await this.bucket.client.send(new HeadObjectCommand(this.bucket.at(key)));
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    const seen = tag ?? bare(head.ETag);
    const isSealed = head.ServerSideEncryption?.startsWith('aws:kms') ?? false;
    const isComparable =
      !isSealed && composedTag.test(seen) && parts.every(({ etag }) => plainTag.test(etag));
    const isSame = !isComparable || seen === tagOf(parts);
    if (head.ContentLength !== bytes || !isSame) throw new Error(`${key}: other bytes are stored.`);
  }

  private async isUnderWay({ key, uploadId }: UploadRef): Promise<boolean> {
    const { Bucket, Key } = this.bucket.at(key);
    const command = new ListMultipartUploadsCommand({ Bucket, Prefix: Key });
    const { Uploads = [] } = await this.bucket.client.send(command);
    return Uploads.some((one) => one.Key === Key && one.UploadId === uploadId);
  }

  private of({ key, uploadId }: UploadRef) {
    return { ...this.bucket.at(key), UploadId: uploadId };
  }
}

/** What S3 names an object of parts by: the MD5 of theirs, and how many. */
function tagOf(parts: readonly StoredPart[]): string {
  const digests = parts.map(({ etag }) => Buffer.from(etag, 'hex'));
  return `${md5(Buffer.concat(digests)).toString('hex')}-${parts.length}`;
}

export function md5(bytes: Uint8Array): Buffer {
  return createHash('md5').update(bytes).digest();
}

function bare(tag: string | undefined): string {
  return (tag ?? '').replaceAll('"', '');
}
