import { crc32 } from 'node:zlib';

/**
 * A file of records, each appended whole:
 *
 *     0        4          8          12
 *     | 'PLN1' | length   | CRC-32   | JSON, `length` bytes … |     numbers are big endian
 *
 * The mark is there to be found again behind bytes that are none of a record.
 */
const mark = Buffer.from('PLN1');
const headerBytes = 12;

export function encodeRecord(record: object): Buffer {
  const body = Buffer.from(JSON.stringify(record));
  const header = Buffer.alloc(headerBytes);
  mark.copy(header);
  header.writeUInt32BE(body.length, 4);
  header.writeUInt32BE(crc32(body), 8);
  return Buffer.concat([header, body]);
}

/** What a file holds. */
export interface RecordsRead {
  records: object[];
  /** Behind the last whole record: a write that was never finished. */
  tornBytes: number;
  /** Between whole records, which nobody can read any more. */
  damagedBytes: number;
}

export function decodeRecords(bytes: Buffer): RecordsRead {
  const read: RecordsRead = { records: [], tornBytes: 0, damagedBytes: 0 };
  let at = 0;
  while (at < bytes.length) {
    const body = recordAt(bytes, at);
    if (body !== null) {
      read.records.push(JSON.parse(body.toString()) as object);
      at += headerBytes + body.length;
      continue;
    }
    const next = nextRecord(bytes, at + 1);
    if (next === -1) {
      read.tornBytes = bytes.length - at;
      break;
    }
    read.damagedBytes += next - at;
    at = next;
  }
  return read;
}

/** Null: none that is whole begins there. */
function recordAt(bytes: Buffer, at: number): Buffer | null {
  if (at + headerBytes > bytes.length || !bytes.subarray(at, at + 4).equals(mark)) return null;
  const end = at + headerBytes + bytes.readUInt32BE(at + 4);
  if (end > bytes.length) return null;
  const body = bytes.subarray(at + headerBytes, end);
  return crc32(body) === bytes.readUInt32BE(at + 8) ? body : null;
}

/** Where the next whole one begins; -1: nowhere. */
function nextRecord(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(mark, from); at !== -1; at = bytes.indexOf(mark, at + 1)) {
    if (recordAt(bytes, at) !== null) return at;
  }
  return -1;
}
