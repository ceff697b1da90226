/**
 * The engine on its virtual clock, spoken to cheaply: the two commands and the event that there are
 * one of per packet are written and read in place, everything else by the generated code.
 */
import {
  type Command,
  decodeEvents,
  type Event,
  encodeCommands,
  encodeEvents,
} from '../../lib/engine/contract.gen.js';
import type { Engine } from '../../lib/engine/engine.js';
import {
  generationOf,
  type Handle,
  indexOf,
  makeHandle,
  shardOf,
} from '../../lib/engine/handle.js';
import { createNativeEngine } from '../../lib/index.js';

/** What the engine sent. `bytes` is valid until the next `run`. */
export interface PacketOut {
  readonly transport: Handle;
  readonly atUs: number;
  readonly bytes: Uint8Array;
}

export interface Answer {
  readonly packets: readonly PacketOut[];
  readonly events: readonly Event[];
}

/** The engine's clock when it starts. */
export const CLOCK_START_US = 1_000_000_000;
const NO_HANDLE = makeHandle(0, 0, 0);
const FRAME_HEAD = 6;

const firstCommand = (command: Command) => new DataView(encodeCommands(0, [command]).buffer);
const ADVANCE = firstCommand({ type: 'simAdvance', nowUs: 0 }).getUint16(6, true);
const PACKET_IN = firstCommand({
  ...{ type: 'simPacketIn', localIp: '', localPort: 0, remoteIp: '', remotePort: 0 },
  ...{ transport: NO_HANDLE, packet: new Uint8Array() },
}).getUint16(6, true);
const firstEvent = (event: Event) => new DataView(encodeEvents([event]).buffer).getUint16(0, true);
const PACKET_OUT = firstEvent({
  ...{ type: 'simPacketOut', localIp: '', localPort: 0, remoteIp: '', remotePort: 0 },
  ...{ transport: NO_HANDLE, atUs: 0, packet: new Uint8Array() },
});
const BATCH_DONE = firstEvent({ type: 'batchDone', batch: 0, statuses: [] });

export class EngineWire {
  readonly #engine: Engine;
  #bytes = Buffer.alloc(1 << 20);
  #size = 6;
  #count = 0;
  #batch = 0;
  #packets: PacketOut[] = [];
  #events: Event[] = [];
  #resolve: ((answer: Answer) => void) | undefined;

  constructor(seed: number) {
    const listen = [{ address: '127.0.0.1', port: 0 }];
    this.#engine = createNativeEngine({ shards: 1, listen, clock: 'virtual', seed });
    this.#engine.onEvents((bytes) => this.#handleEvents(bytes));
  }

  close(): void {
    this.#engine.close();
  }

  /** Appends a command of any kind to the batch. */
  add(command: Command): void {
    const bytes = encodeCommands(0, [command]).subarray(6);
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
    this.#count += 1;
  }

  advance(nowUs: number): void {
    this.#reserve(FRAME_HEAD + 8);
    this.#head(ADVANCE, 8);
    this.#bytes.writeBigInt64LE(BigInt(Math.round(nowUs) + CLOCK_START_US), this.#size);
    this.#size += 8;
  }

  /** A datagram of `size` bytes arrives; `write` puts it at an offset of a buffer. */
  packetIn(transport: Handle, size: number, write: (into: Buffer, at: number) => void): void {
    const length = 2 + 2 + 2 + 2 + 8 + 2 + size;
    this.#reserve(FRAME_HEAD + length);
    this.#head(PACKET_IN, length);
    const bytes = this.#bytes;
    let at = bytes.fill(0, this.#size, this.#size + 8) && this.#size + 8;
    at = bytes.writeUInt32LE(indexOf(transport), at);
    at = bytes.writeUInt16LE(generationOf(transport), at);
    at = bytes.writeUInt16LE(shardOf(transport), at);
    at = bytes.writeUInt16LE(size, at);
    write(bytes, at);
    this.#size = at + size;
  }

  get isFull(): boolean {
    return this.#count > 30_000;
  }

  /** Submits the batch; all of its commands must be accepted. */
  run(): Promise<Answer> {
    this.#batch += 1;
    this.#bytes.writeUInt32LE(this.#batch, 0);
    this.#bytes.writeUInt16LE(this.#count, 4);
    const batch = this.#bytes.subarray(0, this.#size);
    this.#packets = [];
    this.#events = [];
    const answer = new Promise<Answer>((resolve) => {
      this.#resolve = resolve;
    });
    this.#engine.submit(0, batch);
    this.#size = 6;
    this.#count = 0;
    return answer;
  }

  #head(type: number, length: number): void {
    this.#bytes.writeUInt16LE(type, this.#size);
    this.#bytes.writeUInt32LE(length, this.#size + 2);
    this.#size += FRAME_HEAD;
    this.#count += 1;
  }

  #reserve(bytes: number): void {
    if (this.#size + bytes <= this.#bytes.length) return;
    this.#bytes = Buffer.concat([this.#bytes], 2 * this.#bytes.length);
  }

  #handleEvents(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; ) {
      const type = view.getUint16(at, true);
      const end = at + FRAME_HEAD + view.getUint32(at + 2, true);
      if (type === PACKET_OUT) this.#packets.push(readPacketOut(bytes, view, at + FRAME_HEAD));
      else if (type === BATCH_DONE) this.#finish(bytes.subarray(at, end));
      else this.#events.push(...decodeEvents(bytes.subarray(at, end)));
      at = end;
    }
  }

  #finish(frame: Uint8Array): void {
    const [done] = decodeEvents(frame);
    if (done?.type !== 'batchDone' || done.batch !== this.#batch) return;
    const refused = done.statuses.find((status) => status !== 'ok');
    if (refused) throw new Error(`the engine refused a command: ${refused}`);
    const resolve = this.#resolve;
    const answer = { packets: this.#packets, events: this.#events };
    queueMicrotask(() => resolve?.(answer));
  }
}

function readPacketOut(bytes: Uint8Array, view: DataView, start: number): PacketOut {
  let at = start;
  at += 4 + view.getUint16(at, true);
  at += 4 + view.getUint16(at, true);
  const index = view.getUint32(at, true);
  const transport = makeHandle(index, view.getUint16(at + 4, true), view.getUint16(at + 6, true));
  const atUs = Number(view.getBigInt64(at + 8, true)) - CLOCK_START_US;
  const size = view.getUint16(at + 16, true);
  return { transport, atUs, bytes: bytes.subarray(at + 18, at + 18 + size) };
}
