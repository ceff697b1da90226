/**
 * A relay in user space between clients and the media node: it loses datagrams at random, both
 * ways, and narrows the way to each client, without root. Announce its address instead of the
 * node's and every packet passes here.
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Bottleneck } from './bottleneck.js';

export interface UdpRelayOptions {
  nodePort: number;
  /** Share of datagrams dropped in each direction, 0–1. */
  loss: number;
  /** Seed of the losses, so that a run can be repeated. */
  seed: number;
}

export interface UdpRelay {
  port: number;
  counts: { passed: number; dropped: number };
  /** Changes the loss from now on. */
  setLoss(loss: number): void;
  /**
   * Of some clients alone, by the ports as which the node knows them: those of their peer-reflexive
   * candidates. Returns how many there are.
   */
  setLossOf(ports: readonly number[], loss: number): number;
  /** Limits the way to each client from now on, bit/s; Infinity at first. */
  setRate(bps: number): void;
  close(): Promise<void>;
}

/** mulberry32: a small seeded generator, uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export async function startUdpRelay(options: UdpRelayOptions): Promise<UdpRelay> {
  const random = seededRandom(options.seed);
  const counts = { passed: 0, dropped: 0 };
  const upstream = new Map<string, Socket>();
  const front = createSocket('udp4');
  const bottlenecks = new Set<Bottleneck>();
  const lossOf = new Map<string, number>();
  let loss = options.loss;
  let rateBps = Number.POSITIVE_INFINITY;
  const pass = (client: string, send: () => void) => {
    if (random() < (lossOf.get(client) ?? loss)) {
      counts.dropped += 1;
      return;
    }
    counts.passed += 1;
    send();
  };
  const towardsNode = (client: RemoteInfo, key: string): Socket => {
    const known = upstream.get(key);
    if (known) return known;
    const socket = createSocket('udp4');
    socket.on('error', () => {});
    const bottleneck = new Bottleneck(rateBps);
    bottlenecks.add(bottleneck);
    socket.on('message', (datagram) =>
      pass(key, () =>
        bottleneck.pass(datagram.length, () => front.send(datagram, client.port, client.address)),
      ),
    );
    upstream.set(key, socket);
    return socket;
  };
  front.on('error', () => {});
  front.on('message', (datagram, client) => {
    const key = `${client.address}:${client.port}`;
    const socket = towardsNode(client, key);
    pass(key, () => socket.send(datagram, options.nodePort, '127.0.0.1'));
  });
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    port: front.address().port,
    counts,
    setLoss: (next) => {
      loss = next;
    },
    setLossOf: (ports, next) => {
      const known = [...upstream].filter(([, socket]) => ports.includes(socket.address().port));
      for (const [client] of known) lossOf.set(client, next);
      return known.length;
    },
    setRate: (bps) => {
      rateBps = bps;
      for (const bottleneck of bottlenecks) bottleneck.rateBps = bps;
    },
    close: async () => {
      for (const bottleneck of bottlenecks) bottleneck.close();
      for (const socket of upstream.values()) socket.close();
      front.close();
      await once(front, 'close');
    },
  };
}
