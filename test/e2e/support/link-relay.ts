/** The way between two media nodes, as each knows the other by it: it can be cut, and counts. */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Lifetime } from '../../../control/src/testing/test-database.js';
import { seededRandom } from './weather.js';

export interface Crossing {
  /** By SSRC, of RTP alone. */
  packets: ReadonlyMap<number, number>;
  /** RTP packets that came a second time: the same SSRC and sequence number. */
  repeated: number;
}

export interface LinkRelay {
  /** What each node announces for links: `address:port`. */
  announced: readonly [string, string];
  /** The ports that the nodes have themselves. */
  connect(one: number, other: number): void;
  setCut(isCut: boolean): void;
  /** Share of datagrams that is lost each way from now on, by a fixed seed. */
  setLoss(loss: number): void;
  /** From the first node to the second, and back, since the last call. */
  takeCrossings(): readonly [Crossing, Crossing];
}

interface Way {
  socket: Socket;
  /** Of the node for which this socket stands. */
  port: number;
  seen: Set<string>;
  packets: Map<number, number>;
  repeated: number;
}

const rtcpTypes = [192, 223];

export async function startLinkRelay(t: Lifetime): Promise<LinkRelay> {
  const ways = [await openWay(), await openWay()] as const;
  let isCut = false;
  let loss = 0;
  const random = seededRandom(7);
  for (const [index, way] of ways.entries()) {
    const back = ways[1 - index] as Way;
    way.socket.on('message', (datagram) => {
      if (isCut || way.port === 0 || random() < loss) return;
      count(back, datagram);
      back.socket.send(datagram, way.port, '127.0.0.1');
    });
  }
  t.teardown(() => {
    for (const { socket } of ways) socket.close();
  });
  const [one, other] = ways;
  return {
    announced: [addressOf(one), addressOf(other)],
    connect: (first, second) => {
      [one.port, other.port] = [first, second];
    },
    setCut: (cut) => {
      isCut = cut;
    },
    setLoss: (share) => {
      loss = share;
    },
    takeCrossings: () => [take(one), take(other)],
  };
}

async function openWay(): Promise<Way> {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { socket, port: 0, seen: new Set(), packets: new Map(), repeated: 0 };
}

function addressOf({ socket }: Way): string {
  return `127.0.0.1:${socket.address().port}`;
}

/** The header of RTP is not encrypted (RFC 3711); RTCP has other types (RFC 5761). */
function count(from: Way, datagram: Buffer): void {
  const type = datagram[1] ?? 0;
  const isRtcp = type >= (rtcpTypes[0] as number) && type <= (rtcpTypes[1] as number);
  if (datagram.length < 12 || (datagram[0] ?? 0) >> 6 !== 2 || isRtcp) return;
  const ssrc = datagram.readUInt32BE(8);
  const key = `${ssrc} ${datagram.readUInt16BE(2)}`;
  from.packets.set(ssrc, (from.packets.get(ssrc) ?? 0) + 1);
  if (from.seen.has(key)) from.repeated += 1;
  from.seen.add(key);
}

function take(way: Way): Crossing {
  const { packets, repeated } = way;
  Object.assign(way, { packets: new Map(), seen: new Set(), repeated: 0 });
  return { packets, repeated };
}
