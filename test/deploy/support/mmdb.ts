/**
 * A small writer of MaxMind DB files (MaxMind DB File Format Specification 2.0): which country,
 * continent and state an IPv4 address belongs to. Real ones have licences; tests need five lines.
 *
 *     search tree: two 24 bit records a node | 16 × 0 | what the records point to | marker, metadata
 */

export interface Place {
  continent: string;
  country: string;
  /** The second half of its ISO 3166-2 code: `CA` of `US-CA`. */
  state?: string;
}

type Field = string | Whole | Field[] | { [key: string]: Field };

const separatorBytes = 16;
const recordBytes = 3;
const marker = Buffer.concat([Buffer.from('abcdef', 'hex'), Buffer.from('MaxMind.com')]);

/** @param places by single IPv4 address. */
export function mmdbOf(places: Record<string, Place>): Buffer {
  const nodes: [number | Leaf, number | Leaf][] = [[none, none]];
  const contents: Buffer[] = [];
  let offset = 0;
  for (const [address, place] of Object.entries(places)) {
    const content = encode(fieldsOf(place));
    insert(nodes, bitsOf(address), new Leaf(offset));
    contents.push(content);
    offset += content.length;
  }
  const tree = Buffer.alloc(nodes.length * 2 * recordBytes);
  nodes.flat().forEach((record, index) => {
    tree.writeUIntBE(pointer(record, nodes.length), index * recordBytes, recordBytes);
  });
  const metadata = encode(metadataOf(nodes.length));
  return Buffer.concat([tree, Buffer.alloc(separatorBytes), ...contents, marker, metadata]);
}

class Leaf {
  constructor(readonly offset: number) {}
}

/** A record that leads nowhere; no node has this number, as none leads back to the first. */
const none = 0;

function insert(nodes: [number | Leaf, number | Leaf][], bits: number[], leaf: Leaf): void {
  let at = 0;
  bits.forEach((bit, depth) => {
    const node = nodes[at] as [number | Leaf, number | Leaf];
    if (depth === bits.length - 1) {
      node[bit as 0 | 1] = leaf;
    } else {
      if (node[bit as 0 | 1] === none) node[bit as 0 | 1] = nodes.push([none, none]) - 1;
      at = node[bit as 0 | 1] as number;
    }
  });
}

function pointer(record: number | Leaf, nodeCount: number): number {
  if (record instanceof Leaf) return nodeCount + separatorBytes + record.offset;
  return record === none ? nodeCount : record;
}

function bitsOf(address: string): number[] {
  return address
    .split('.')
    .flatMap((byte) => [...Number(byte).toString(2).padStart(8, '0')].map(Number));
}

function fieldsOf({ continent, country, state }: Place): Field {
  return {
    continent: { code: continent },
    country: { iso_code: country },
    ...(state === undefined ? {} : { subdivisions: [{ iso_code: state }] }),
  };
}

function metadataOf(nodeCount: number): Field {
  return {
    node_count: new Whole(nodeCount, 4),
    record_size: new Whole(recordBytes * 8, 2),
    ip_version: new Whole(4, 2),
    database_type: 'Test-City',
    languages: ['en'],
    binary_format_major_version: new Whole(2, 2),
    binary_format_minor_version: new Whole(0, 2),
    build_epoch: new Whole(1_700_000_000, 8),
    description: { en: 'Addresses of a test' },
  };
}

const types = { string: 2, map: 7, array: 11 };
/** By how many bytes a number has. */
const wholeTypes = { 2: 5, 4: 6, 8: 9 };

class Whole {
  constructor(
    readonly value: number,
    readonly size: keyof typeof wholeTypes,
  ) {}
}

/** Sizes are below 29 here: none needs a longer head. */
function head(type: number, size: number): Buffer {
  return type <= 7 ? Buffer.from([(type << 5) | size]) : Buffer.from([size, type - 7]);
}

function encode(field: Field): Buffer {
  if (typeof field === 'string') {
    return Buffer.concat([head(types.string, field.length), Buffer.from(field)]);
  }
  if (field instanceof Whole) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(field.value));
    return Buffer.concat([
      head(wholeTypes[field.size], field.size),
      bytes.subarray(bytes.length - field.size),
    ]);
  }
  if (Array.isArray(field)) {
    return Buffer.concat([head(types.array, field.length), ...field.map(encode)]);
  }
  const entries = Object.entries(field);
  return Buffer.concat([head(types.map, entries.length), ...entries.flat().map(encode)]);
}
