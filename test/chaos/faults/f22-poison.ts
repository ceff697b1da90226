import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Fault, FaultContext } from '../fault.js';
import type { FleetControl } from '../fleet/fleet.js';
import { allHear } from '../people/room.js';
import { expectUnharmed, openRooms } from '../steps.js';

const shapes: readonly string[] = [
  '',
  '{',
  'null',
  '[]',
  '{"t":1}',
  '{"t":"hello"}',
  '{"t":"chat.send","id":"x","d":{"body":7}}',
  '{"t":"nothing","id":"x","d":{}}',
  '{"t":"hello","id":"x","d":{"versions":[1],"token":"x","client":{},"caps":{}}}',
  `{"t":"hello","id":"${'x'.repeat(70_000)}","d":{}}`,
];

/** Each way in gets what cannot be read: each message an answer, each process lives. */
export const poison: Fault = {
  id: 'F22',
  title: 'malformed messages on each input',
  layout: 'E',
  async run(context) {
    const { fleet, crowd, size, expect } = context;
    const count = size === 'quick' ? 100 : 1000;
    const rooms = await openRooms(context, { rooms: 1 });
    const pids = () => [...fleet.controls, ...fleet.nodes].map(({ process }) => process.pid);
    const before = pids().join();
    await poisonSockets(context, count);
    await poisonRequests(context, count);
    const [{ fleetAddress }] = fleet.controls as [FleetControl];
    await poisonPort(context, fleetAddress, count);
    for (const { mediaPort } of fleet.nodes) {
      await poisonDatagrams(mediaPort, count);
      await poisonPort(context, `127.0.0.1:${mediaPort}`, count / 10);
    }
    await allHear(crowd, rooms);
    expectUnharmed(context, rooms);
    expect(pids().join() === before, 'a process has ended');
  },
};

/** Every one is answered, or its socket closed with a code. */
async function poisonSockets({ fleet, expect }: FaultContext, count: number): Promise<void> {
  const url = `${fleet.origin().replace('http', 'ws')}v1/rtc`;
  for (let n = 0; n < count; n += 1) {
    const socket = new WebSocket(url, 'plenum.v1');
    const closed = once(socket, 'close') as Promise<CloseEvent[]>;
    await once(socket, 'open');
    const shape = shapes[n % shapes.length] as string;
    socket.send(n % 7 === 0 ? randomBytes(200) : shape);
    const [event] = await closed;
    expect([4400, 4401, 4429, 1009].includes(event?.code ?? 0), `${shape}: ${event?.code}`);
  }
}

async function poisonRequests({ fleet, expect }: FaultContext, count: number): Promise<void> {
  const paths = ['v1/join', 'v1/join/check', 'v1/meetings', 'v1/sessions', 'v1/users'];
  for (let n = 0; n < count; n += 1) {
    const path = paths[n % paths.length] as string;
    const body = n % 3 === 0 ? randomBytes(300) : (shapes[n % shapes.length] as string);
    const headers = { 'content-type': 'application/json', 'idempotency-key': `${n}` };
    const answer = await fetch(new URL(path, fleet.origin()), { method: 'POST', headers, body });
    await answer.arrayBuffer();
    expect(answer.status >= 400 && answer.status < 500, `${path} says ${answer.status}`);
  }
}

/** Each is taken; whatever becomes of it: it is over when the other side, or we, close it. */
async function poisonPort({ expect }: FaultContext, address: string, count: number): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  let taken = 0;
  for (let n = 0; n < count; n += 1) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.once('connect', () => {
      taken += 1;
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await Promise.race([closed, new Promise((resolve) => socket.once('connect', resolve))]);
    socket.end(randomBytes(1 + n));
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), 200);
    await closed;
    clearTimeout(timer);
  }
  expect(taken === count, `${address} took ${taken} of ${count} connections`);
}

async function poisonDatagrams(port: number, count: number): Promise<void> {
  const socket = createSocket('udp4');
  for (let n = 0; n < count; n += 1) {
    const bytes = randomBytes(1 + ((n * 37) % 1400));
    // STUN, DTLS, RTP and RTCP by their first bytes (RFC 7983), and what is none.
    bytes[0] = [0, 1, 22, 128, 129, 200, 255][n % 7] as number;
    await new Promise((sent) => socket.send(bytes, port, '127.0.0.1', sent));
  }
  socket.close();
}
