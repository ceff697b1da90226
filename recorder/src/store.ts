/** Where finished files go. Keys are `recordings/<recording_id>/…` (docs/recording.md). */

export interface StoredPart {
  /** From 1. */
  number: number;
  etag: string;
  bytes: number;
}

/** An upload in parts; all but the last have 5 MiB or more. Parts may come in any order, and again. */
export interface UploadRef {
  key: string;
  uploadId: string;
}

export interface PartStore {
  begin(key: string, contentType: string): Promise<UploadRef>;
  putPart(upload: UploadRef, number: number, bytes: Uint8Array): Promise<StoredPart>;
  /** Null: there is no such upload any more. */
  parts(upload: UploadRef): Promise<StoredPart[] | null>;
  /** The object is there, whole. @throws Error when what is stored is not these parts. */
  complete(upload: UploadRef, parts: readonly StoredPart[]): Promise<void>;
  abort(upload: UploadRef): Promise<void>;
}

export interface RecordingStore {
  /** A whole file; replaces an object of that key. The object is durable and verified when it resolves. */
  putFile(
    key: string,
    file: { path: string; bytes: number; sha256: string; contentType: string },
  ): Promise<void>;
  /** Null: files are stored when they are complete. */
  readonly inParts: PartStore | null;
  /** Size in bytes; null: there is none. */
  sizeOf(key: string): Promise<number | null>;
  delete(key: string): Promise<void>;
}
