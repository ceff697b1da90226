/** Opus packets through a real decoder: ffmpeg reads them from an Ogg stream (RFC 3533, RFC 7845). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Samples of 20 ms. */
export const FRAME = 960;
const LIMIT_MS = 60_000;
const FIRST_PAGE = 2;
const SERIAL = 1;

/** One 20 ms packet after the other. @returns the mean power of each, full scale is 1. */
export async function powersOf(packets: readonly Uint8Array[]): Promise<number[]> {
  const child = spawn(
    'ffmpeg',
    [
      ...['-nostdin', '-hide_banner', '-v', 'error', '-f', 'ogg', '-c:a', 'libopus', '-i', '-'],
      ...['-f', 'f32le', '-ac', '1', '-ar', '48000', '-'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  child.stdin.end(oggOf(packets));
  await once(child, 'close');
  clearTimeout(timer);
  const bytes = Buffer.concat(chunks);
  const powers = [];
  for (let at = 0; at + 4 * FRAME <= bytes.length; at += 4 * FRAME) {
    let energy = 0;
    for (let i = 0; i < FRAME; i++) energy += bytes.readFloatLE(at + 4 * i) ** 2;
    powers.push(energy / FRAME);
  }
  return powers;
}

function oggOf(packets: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead');
  head.set([1, 1], 8); // version, channels; nothing is skipped
  head.writeUInt32LE(48_000, 12);
  const tags = Buffer.alloc(16);
  tags.write('OpusTags'); // no vendor, no comment
  const sound = packets.map((packet, index) => pageOf(packet, index + 2, FRAME * (index + 1)));
  return Buffer.concat([pageOf(head, 0, 0, FIRST_PAGE), pageOf(tags, 1, 0), ...sound]);
}

/** A page of one packet. */
function pageOf(packet: Uint8Array, number: number, samples: number, flags = 0): Buffer {
  const lacing = [...Array(Math.floor(packet.length / 255)).fill(255), packet.length % 255];
  const header = Buffer.alloc(27);
  header.write('OggS');
  header[5] = flags;
  header.writeBigUInt64LE(BigInt(samples), 6);
  header.writeUInt32LE(SERIAL, 14);
  header.writeUInt32LE(number, 18);
  header[26] = lacing.length;
  const page = Buffer.concat([header, Buffer.from(lacing), packet]);
  page.writeUInt32LE(checksum(page), 22);
  return page;
}

/** CRC-32 as of RFC 3533 §6: not reflected, from zero. */
function checksum(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}
