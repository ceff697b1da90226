/**
 * The containers of films. IVF, all little endian: `DKIF`, version, size of the header (32), codec, width, height, ticks per
 * second, seconds' scale, frames, 0; before each frame its size and its tick. Of Ogg (RFC 3533) what an encoder of our own writes: one
 * logical stream, packets over pages.
 */

export interface IvfStream {
  /** `VP80`, or `OPUS`: one packet a frame. */
  codec: string;
  width: number;
  height: number;
  /** Frames per second; ticks count them. */
  rate: number;
  frames: readonly Buffer[];
}

const fileHeader = 32;
const frameHeader = 12;

/** @throws Error when it is none. */
export function readIvf(bytes: Buffer): IvfStream {
  if (bytes.toString('latin1', 0, 4) !== 'DKIF') throw new Error('no IVF');
  const frames: Buffer[] = [];
  for (let at = fileHeader; at + frameHeader <= bytes.length; ) {
    const size = bytes.readUInt32LE(at);
    frames.push(bytes.subarray(at + frameHeader, at + frameHeader + size));
    at += frameHeader + size;
  }
  return {
    codec: bytes.toString('latin1', 8, 12),
    width: bytes.readUInt16LE(12),
    height: bytes.readUInt16LE(14),
    rate: bytes.readUInt32LE(16) / bytes.readUInt32LE(20),
    frames,
  };
}

export function writeIvf({ codec, width, height, rate, frames }: IvfStream): Buffer {
  const header = Buffer.alloc(fileHeader);
  header.write(`DKIF`, 0, 'latin1');
  header.writeUInt16LE(fileHeader, 6);
  header.write(codec, 8, 'latin1');
  header.writeUInt16LE(width, 12);
  header.writeUInt16LE(height, 14);
  header.writeUInt32LE(rate, 16);
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(frames.length, 24);
  const parts = frames.flatMap((frame, tick) => {
    const head = Buffer.alloc(frameHeader);
    head.writeUInt32LE(frame.length, 0);
    head.writeBigUInt64LE(BigInt(tick), 4);
    return [head, frame];
  });
  return Buffer.concat([header, ...parts]);
}

/** All packets, the two with headers too. @throws Error when it is no Ogg. */
export function readOggPackets(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let open: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes.toString('latin1', at, at + 4) !== 'OggS') throw new Error(`no page at ${at}`);
    const segments = bytes[at + 26] as number;
    const sizes = bytes.subarray(at + 27, at + 27 + segments);
    at += 27 + segments;
    for (const size of sizes) {
      open.push(bytes.subarray(at, at + size));
      at += size;
      // A segment of 255 bytes goes on in the next one.
      if (size === 255) continue;
      packets.push(Buffer.concat(open));
      open = [];
    }
  }
  return packets;
}
