/** The thread of a SteadyStream (steady-stream.ts): two sockets, a packet every 5 ms. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { readRtp, writeRtp } from '../../../lib/testing/rtp.js';
import { CELL } from './steady-stream.js';

const PACE_MS = 5;
const OPUS = { payloadType: 111, ssrc: 77 };
const SAMPLES_PER_PACKET = 48 * PACE_MS;
/** A stall of which less was seen tells nothing. */
const LEAST_PACKETS = 20;

const cells: Int32Array = workerData;
/** When each packet left, ms; its number stands in its payload. */
const sentAt: number[] = [];
/** The number that comes next. */
let expected: number | undefined;
let stall = { number: 0, beganAt: 0, first: 0 };

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** An Opus packet that carries `number` behind its first byte. */
function packetOf(number: number): Buffer {
  const payload = Buffer.alloc(60, 0x78);
  payload.writeUInt32BE(number, 1);
  return writeRtp({ ...OPUS, sequence: number, timestamp: number * SAMPLES_PER_PACKET, payload });
}

function noteStall(): void {
  const number = Atomics.load(cells, CELL.stall);
  if (number === stall.number) return;
  stall = { number, beganAt: performance.now(), first: sentAt.length };
  for (const cell of [CELL.sent, CELL.returned, CELL.slowestUs]) Atomics.store(cells, cell, 0);
}

const isStalled = () => Atomics.load(cells, CELL.over) < stall.number;

/** Whether all that the stall is to see has been sent. */
function isSeen(): boolean {
  return (
    performance.now() - stall.beganAt >= Atomics.load(cells, CELL.leastMs) &&
    Atomics.load(cells, CELL.sent) >= LEAST_PACKETS
  );
}

function endWhenReturned(): void {
  if (Atomics.load(cells, CELL.returned) < Atomics.load(cells, CELL.sent)) return;
  Atomics.store(cells, CELL.over, stall.number);
  Atomics.notify(cells, CELL.over);
}

function step(send: (packet: Buffer) => void): void {
  noteStall();
  if (isStalled() && isSeen()) {
    endWhenReturned();
    return;
  }
  const number = sentAt.push(performance.now()) - 1;
  send(packetOf(number));
  if (isStalled()) Atomics.add(cells, CELL.sent, 1);
}

function receive(packet: Buffer): void {
  const { payloadType, payload } = readRtp(packet);
  if (payloadType !== OPUS.payloadType) return; // RTCP
  const number = payload.readUInt32BE(1);
  if (expected === undefined) parentPort?.postMessage('flows');
  else if (number !== expected) Atomics.add(cells, CELL.strays, 1);
  expected = number + 1;
  if (!isStalled() || number < stall.first) return;
  const tookUs = Math.round(1000 * (performance.now() - (sentAt[number] ?? 0)));
  if (tookUs > Atomics.load(cells, CELL.slowestUs)) Atomics.store(cells, CELL.slowestUs, tookUs);
  Atomics.add(cells, CELL.returned, 1);
}

const [sender, receiver] = [await openSocket(), await openSocket()];
receiver.on('message', receive);
parentPort?.once('message', ({ address, port }: { address: string; port: number }) => {
  setInterval(() => step((packet) => sender.send(packet, port, address)), PACE_MS);
});
parentPort?.postMessage({ sender: sender.address().port, receiver: receiver.address().port });
