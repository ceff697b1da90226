/**
 * The payload descriptor of VP9 (RFC 9628 §4.2).
 *
 *  |I|P|L|F|B|E|V|Z|   P: predicted from other pictures; B, E: first, last packet of a layer's frame
 *  |M| picture id  |   (I) 1 or 2 bytes
 *  | T |U| S |D|       (L) and, unless F, TL0PICIDX
 *  | P_DIFF      |N|   (F and P) up to 3
 *  | scalability structure |   (V)
 */
export interface Vp9Descriptor {
  size: number;
  isPredicted: boolean;
  beginsFrame: boolean;
  endsFrame: boolean;
  spatial: number;
  /** Of the highest layer, from the scalability structure. */
  width: number;
  height: number;
}

/** Null: the payload is shorter than it says. */
export function readVp9Descriptor(payload: Uint8Array): Vp9Descriptor | null {
  const first = payload[0] ?? 0;
  const isFlexible = (first & 0x10) !== 0;
  let size = 1;
  let spatial = 0;
  if (first & 0x80) size += (payload[size] ?? 0) & 0x80 ? 2 : 1;
  if (first & 0x20) {
    spatial = ((payload[size] ?? 0) >> 1) & 7;
    size += isFlexible ? 1 : 2;
  }
  if (isFlexible && first & 0x40) {
    for (let count = 0; count < 3; count++) if (((payload[size++] ?? 0) & 1) === 0) break;
  }
  const structure = first & 0x02 ? readStructure(payload, size) : { size, width: 0, height: 0 };
  if (structure.size >= payload.length) return null;
  return {
    ...structure,
    isPredicted: (first & 0x40) !== 0,
    beginsFrame: (first & 0x08) !== 0,
    endsFrame: (first & 0x04) !== 0,
    spatial,
  };
}

/** | N_S |Y|G|-| , then (Y) width and height of each layer, (G) the pictures of a group. */
function readStructure(payload: Uint8Array, from: number) {
  const head = payload[from] ?? 0;
  let size = from + 1;
  let width = 0;
  let height = 0;
  if (head & 0x10) {
    for (let layer = 0; layer <= head >> 5; layer++, size += 4) {
      width = ((payload[size] ?? 0) << 8) | (payload[size + 1] ?? 0);
      height = ((payload[size + 2] ?? 0) << 8) | (payload[size + 3] ?? 0);
    }
  }
  if (head & 0x08) {
    const pictures = payload[size++] ?? 0;
    for (let picture = 0; picture < pictures; picture++) {
      size += 1 + (((payload[size] ?? 0) >> 2) & 3);
    }
  }
  return { size, width, height };
}
