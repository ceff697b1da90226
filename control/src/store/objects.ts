import type { Readable } from 'node:stream';
import type { RecordingStore } from '../../../recorder/src/index.js';

/**
 * Where files go that do not belong into the database. Keys are `folder/name`, or deeper, of letters, digits,
 * `-`, `_` and `.`; an object is written once and never changed.
 */
export interface ObjectStore {
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Null when there is none. */
  get(key: string): Promise<Uint8Array | null>;
  /** Also when there is none. */
  delete(key: string): Promise<void>;
}

/** The first and the last byte that are wanted, from 0. */
export interface ByteRange {
  first: number;
  last: number;
}

/** How a browser is to take an object. */
export interface Serving {
  contentType: string;
  /** `inline`, or `attachment; filename=…` (RFC 6266). */
  disposition: string;
  lifeMs: number;
}

/** The same with what recordings need: files of gigabytes, in parts, read piece by piece. */
export interface Objects extends ObjectStore, RecordingStore {
  /** As it comes; who does not read it to its end destroys it. Null: there is none. */
  read(key: string, range?: ByteRange): Promise<Readable | null>;
  /** Everything whose key begins with `folder/name/`, and every upload of it that is under way. */
  deleteAll(prefix: string): Promise<void>;
  /** An address where whoever has it reads the object, and nothing else, for so long. Null: only by us. */
  addressFor(key: string, serving: Serving): Promise<string | null>;
  /** Where a recorder reads it: `file:` of a folder that it shares, or `https:` for so long. */
  addressForJob(key: string, lifeMs: number): Promise<string>;
}

const keyShape = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+){1,4}(\.[A-Za-z0-9]+)?$/;
const prefixShape = /^[A-Za-z0-9_-]+\/[A-Za-z0-9_-]+\/$/;

/** No key leads out of the folder, or to a hidden file. @throws Error for what is none. */
export function checkedKey(key: string): string {
  if (!keyShape.test(key)) throw new Error('This is no key of an object.');
  return key;
}

/** @throws Error for what is none: all of a store is no prefix. */
export function checkedPrefix(prefix: string): string {
  if (!prefixShape.test(prefix)) throw new Error('This is no prefix of objects.');
  return prefix;
}

/** What a file is that goes to a store, and is checked against. */
export interface WholeFile {
  path: string;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
  contentType: string;
}

export function notAsSaid(key: string): Error {
  return new Error(`${key}: the file is not what was said of it.`);
}
