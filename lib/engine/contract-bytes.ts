/**
 * The bytes of the engine contract (docs/contract.md): little-endian, unpadded. contract.gen.ts is
 * generated on top of this file; native/engine/contract_bytes.h is its twin.
 */
import { generationOf, type Handle, indexOf, makeHandle, shardOf } from './handle.js';

/** Reads from the front; every read throws RangeError once there are too few bytes left. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  get position(): number {
    return this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  i64(): number {
    return Number(this.#view.getBigInt64(this.#advance(8), true));
  }

  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  bool(): boolean {
    const value = this.u8();
    if (value > 1) throw new RangeError(`no boolean: ${value}`);
    return value === 1;
  }

  handle(): Handle {
    const index = this.u32();
    const generation = this.u16();
    return makeHandle(index, generation, this.u16());
  }

  /** A copy: the bytes may outlive the buffer that they came in. */
  bytes(): Uint8Array {
    const size = this.u16();
    const start = this.#advance(size);
    return this.#bytes.slice(start, start + size);
  }

  str(): string {
    return textDecoder.decode(this.bytes());
  }

  choice<T>(values: readonly T[]): T {
    const index = this.u8();
    if (index >= values.length) throw new RangeError(`no such choice: ${index}`);
    return values[index] as T;
  }

  list<T>(read: () => T): T[] {
    const items: T[] = [];
    for (let count = this.u16(); count > 0; count--) items.push(read());
    return items;
  }

  /** A list of numbers as one typed array: a copy, aligned. */
  column<T extends Column>(type: ColumnType<T>): T {
    const size = this.u16() * type.BYTES_PER_ELEMENT;
    const start = this.#advance(size);
    return new type(this.#bytes.slice(start, start + size).buffer);
  }

  #advance(size: number): number {
    const start = this.#at;
    if (start + size > this.#bytes.length) throw new RangeError('the bytes end too early');
    this.#at += size;
    return start;
  }
}

/** Columns lie in the byte order of the machine, as all of the contract does: little-endian. */
export type Column = Uint8Array | Uint32Array | Int32Array | Float64Array;
export interface ColumnType<T extends Column> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): T;
}

const textDecoder = new TextDecoder();
const textEncoder = new TextEncoder();

/** Appends to a growing buffer; throws RangeError for a value that its type cannot hold. */
export class Writer {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  get position(): number {
    return this.#size;
  }

  /** Everything written so far. The writer must not be used afterwards. */
  take(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, checked(value, 0, 0xff));
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, checked(value, 0, 0xffff), true);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, checked(value, 0, 0xffffffff), true);
  }

  i32(value: number): void {
    const at = this.#grow(4);
    this.#view.setInt32(at, checked(value, -0x80000000, 0x7fffffff), true);
  }

  i64(value: number): void {
    const integer = checked(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    const at = this.#grow(8);
    this.#view.setBigInt64(at, BigInt(integer), true);
  }

  f64(value: number): void {
    const at = this.#grow(8);
    this.#view.setFloat64(at, value, true);
  }

  bool(value: boolean): void {
    this.u8(value ? 1 : 0);
  }

  handle(value: Handle): void {
    this.u32(indexOf(value));
    this.u16(generationOf(value));
    this.u16(shardOf(value));
  }

  bytes(value: Uint8Array): void {
    this.u16(value.length);
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  str(value: string): void {
    this.bytes(textEncoder.encode(value));
  }

  choice<T>(values: readonly T[], value: T): void {
    this.u8(values.indexOf(value));
  }

  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.u16(items.length);
    for (const item of items) write(item);
  }

  column(values: Column): void {
    this.u16(values.length);
    const at = this.#grow(values.byteLength);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
  }

  /** Overwrites four bytes that were written before. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Where the next `size` bytes go. To be called before `#view` or `#bytes` is read: both change. */
  #grow(size: number): number {
    const start = this.#size;
    this.#size += size;
    if (this.#size > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#size, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, start));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return start;
  }
}

function checked(value: number, lowest: number, highest: number): number {
  if (Number.isInteger(value) && value >= lowest && value <= highest) return value;
  throw new RangeError(`${value} is not an integer from ${lowest} to ${highest}`);
}

/** How one command or event is numbered, read and written. */
export interface Format<T> {
  id: number;
  read: (input: Reader) => T;
  write: (output: Writer, value: T) => void;
}

/** One format per member of a union that `type` tells apart. */
export type Formats<U extends { type: string }> = {
  readonly [T in U['type']]: Format<Extract<U, { type: T }>>;
};

export function formatsById<U extends { type: string }>(formats: Formats<U>): Format<U>[] {
  const byId: Format<U>[] = [];
  for (const format of Object.values(formats) as Format<U>[]) byId[format.id] = format;
  return byId;
}

/** Writes `[u16 type][u32 length][fields]`. */
export function writeFrame<U extends { type: string }>(
  output: Writer,
  formats: Formats<U>,
  value: U,
): void {
  const format = formats[value.type as U['type']] as unknown as Format<U>;
  output.u16(format.id);
  const lengthAt = output.position;
  output.u32(0);
  format.write(output, value);
  output.patchU32(lengthAt, output.position - lengthAt - 4);
}

/** Reads one frame. Throws RangeError for an unknown type and when the length does not fit. */
export function readFrame<U>(input: Reader, byId: readonly Format<U>[]): U {
  const id = input.u16();
  const format = byId[id];
  if (!format) throw new RangeError(`unknown type ${id}`);
  const end = input.u32() + input.position;
  const value = format.read(input);
  if (input.position !== end) throw new RangeError(`type ${id} has another length`);
  return value;
}

/** Reads rows of named numbers out of the layout of Engine.readStats. */
export class StatsReader {
  readonly #values: Float64Array;
  #at: number;

  constructor(values: Float64Array, start: number) {
    this.#values = values;
    this.#at = start;
  }

  rows<T>(count: number, fields: readonly (keyof T)[]): T[] {
    return Array.from({ length: count }, () => {
      const row: Partial<Record<keyof T, number>> = {};
      for (const field of fields) row[field] = this.#values[this.#at++] ?? 0;
      return row as T;
    });
  }
}
