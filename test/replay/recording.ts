/**
 * Recorded RTP: pcap (Ethernet or Linux cooked, IPv4, UDP) and rtpdump, and what an SDP beside the
 * file says about them: `recording.rtpdump` and `recording.sdp`.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import type { ExtensionKind } from '../../lib/engine/contract.gen.js';
import { acceptExtensions } from '../../lib/negotiation/extensions.js';
import { readRtpMedia } from '../../lib/negotiation/rtp-media.js';
import { parseSdp } from '../../lib/negotiation/sdp.js';
import { isRtcp } from '../../lib/testing/rtp.js';

export type ReplayCodec = 'vp8' | 'vp9' | 'h264' | 'av1' | 'opus' | 'red';

export interface RecordedPacket {
  /** Since the first packet, µs. */
  atUs: number;
  bytes: Buffer;
}

export interface Recording {
  name: string;
  packets: RecordedPacket[];
  codec: ReplayCodec;
  payloadType: number;
  /** 255: none. */
  rtxPayloadType: number;
  /** Of the Opus inside of RED; 255: none. */
  innerPayloadType: number;
  /** Of header extensions, by id. */
  extensions: { id: number; kind: ExtensionKind }[];
  /** Simulcast, lowest first; empty: one stream. */
  rids: string[];
}

const NO_RTX = 255;
const CODECS: readonly ReplayCodec[] = ['vp8', 'vp9', 'h264', 'av1', 'red', 'opus'];

/** @throws Error when the file is neither pcap nor rtpdump, or its codec cannot be told. */
export function readRecording(path: string, codec?: ReplayCodec): Recording {
  const file = readFileSync(path);
  const packets = file.subarray(0, 2).toString() === '#!' ? readRtpdump(file) : readPcap(file);
  if (packets.length === 0) throw new Error(`${path}: no RTP packet`);
  const sdp = path.replace(/\.\w+$/, '.sdp');
  const common = { name: basename(path, extname(path)), packets };
  if (existsSync(sdp)) return { ...common, ...describedBy(readFileSync(sdp, 'utf8')) };
  const told = codec ?? CODECS.find((each) => basename(path).includes(each));
  if (!told) throw new Error(`${path}: no .sdp beside it; say its codec with --codec`);
  const payloadType = commonPayloadType(packets);
  const plain = { rtxPayloadType: NO_RTX, innerPayloadType: NO_RTX, extensions: [], rids: [] };
  return { ...common, codec: told, payloadType, ...plain };
}

/** The first codec of the first m-line and what belongs to it. */
function describedBy(text: string): Omit<Recording, 'name' | 'packets'> {
  const [first] = parseSdp(`v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n${text}`).media;
  if (!first) throw new Error('the .sdp has no m-line');
  const media = readRtpMedia(first);
  const [main] = media.codecs;
  if (!main) throw new Error('the .sdp names no codec');
  const rtx = media.codecs.find(
    ({ name, parameters }) => name === 'rtx' && parameters.get('apt') === `${main.payloadType}`,
  );
  const opus = media.codecs.find(({ name }) => name === 'opus');
  return {
    codec: main.name as ReplayCodec,
    payloadType: main.payloadType,
    rtxPayloadType: rtx?.payloadType ?? NO_RTX,
    innerPayloadType: (main.name === 'red' ? opus?.payloadType : undefined) ?? NO_RTX,
    extensions: acceptExtensions(media.extensions, new Map()),
    rids: media.sendRids,
  };
}

function commonPayloadType(packets: readonly RecordedPacket[]): number {
  const counts = new Map<number, number>();
  for (const { bytes } of packets) {
    if (isRtcp(bytes)) continue;
    const payloadType = (bytes[1] ?? 0) & 0x7f;
    counts.set(payloadType, (counts.get(payloadType) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 0;
}

/** A line, a file header of 16 bytes, then records of 8 bytes and a packet (rtptools). */
function readRtpdump(file: Buffer): RecordedPacket[] {
  const packets: RecordedPacket[] = [];
  let at = file.indexOf(0x0a) + 1 + 16;
  while (at + 8 <= file.length) {
    const length = file.readUInt16BE(at);
    if (length <= 8) throw new Error('rtpdump: a record of no length');
    const bytes = file.subarray(at + 8, at + length);
    packets.push({ atUs: file.readUInt32BE(at + 4) * 1000, bytes });
    at += length;
  }
  return packets;
}

/** Little-endian pcap with microseconds; link types Ethernet (1) and Linux cooked (113). */
function readPcap(file: Buffer): RecordedPacket[] {
  if (file.length < 24 || file.readUInt32LE(0) !== 0xa1b2c3d4) {
    throw new Error('neither rtpdump nor little-endian pcap');
  }
  const linkHeader = file.readUInt32LE(20) === 113 ? 16 : 14;
  const packets: RecordedPacket[] = [];
  let begin: number | undefined;
  for (let at = 24; at + 16 <= file.length; ) {
    const us = file.readUInt32LE(at) * 1e6 + file.readUInt32LE(at + 4);
    const size = file.readUInt32LE(at + 8);
    const bytes = udpPayload(file.subarray(at + 16 + linkHeader, at + 16 + size));
    begin ??= us;
    if (bytes) packets.push({ atUs: us - begin, bytes });
    at += 16 + size;
  }
  return packets;
}

/** Undefined for what is no UDP over IPv4. */
function udpPayload(datagram: Buffer): Buffer | undefined {
  if (datagram.length < 28 || datagram.readUInt8(0) >> 4 !== 4) return undefined;
  if (datagram.readUInt8(9) !== 17) return undefined;
  const start = 4 * (datagram.readUInt8(0) & 15) + 8;
  return datagram.subarray(start, start - 8 + datagram.readUInt16BE(start - 4));
}
