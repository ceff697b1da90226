/**
 * A relay in user space between clients and the media node: it loses, delays and reorders datagrams,
 * both ways, narrows the way to each client, and changes the ports as which the node knows them,
 * without root. Announce its address instead of the node's and every packet passes here.
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { Bottleneck } from './bottleneck.js';
import { fair, Sky, seededRandom, type Weather } from './weather.js';

export interface UdpRelayOptions {
  nodePort: number;
  /** Share of datagrams dropped in each direction, 0–1. */
  loss: number;
  /** Seed of the losses, so that a run can be repeated. */
  seed: number;
}

/** Whether a datagram may pass; `towardsNode`: it comes from a client. */
export type Sieve = (datagram: Buffer, towardsNode: boolean) => boolean;

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
  /** Of all links that have none of their own. */
  setWeather(weather: Partial<Weather>): void;
  /** The links of some clients, by the clients' own ports. */
  linksOf(ports: readonly number[]): UdpLink[];
  /** Limits the way to each client from now on, bit/s; Infinity at first. */
  setRate(bps: number): void;
  close(): Promise<void>;
}

/** One client's way to the node and back. */
export class UdpLink {
  weather: Weather | undefined;
  sieve: Sieve = () => true;
  readonly bottleneck: Bottleneck;
  /** When the client sent something last, by performance.now(). */
  heardAt = 0;
  private upstream: Socket;
  private readonly up: Sky;
  private readonly down: Sky;

  constructor(
    readonly client: RemoteInfo,
    private readonly relay: {
      front: Socket;
      random: () => number;
      nodePort: number;
      rateBps: () => number;
      weather: () => Weather;
      counts: UdpRelay['counts'];
    },
  ) {
    this.bottleneck = new Bottleneck(relay.rateBps());
    this.up = new Sky(relay.random);
    this.down = new Sky(relay.random);
    this.upstream = this.open();
  }

  /** As which the node knows this client. */
  get port(): number {
    return this.upstream.address().port;
  }

  /** Another port, as a NAT that has forgotten the client gives; what comes to the former one is lost. */
  rebind(): void {
    this.upstream.close();
    this.upstream = this.open();
  }

  towardsNode(datagram: Buffer): void {
    const { nodePort } = this.relay;
    this.heardAt = performance.now();
    this.pass(this.up, datagram, () => this.upstream.send(datagram, nodePort, '127.0.0.1'));
  }

  close(): void {
    for (const part of [this.up, this.down, this.bottleneck, this.upstream]) part.close();
  }

  private open(): Socket {
    const socket = createSocket('udp4');
    socket.on('error', () => {});
    socket.on('message', (datagram) => {
      const { port, address } = this.client;
      const send = () => this.relay.front.send(datagram, port, address);
      this.pass(this.down, datagram, () => this.bottleneck.pass(datagram.length, send));
    });
    socket.bind(0, '127.0.0.1');
    return socket;
  }

  private pass(sky: Sky, datagram: Buffer, send: () => void): void {
    const { counts, weather } = this.relay;
    const isLet = this.sieve(datagram, sky === this.up);
    const hasPassed = isLet && sky.pass(this.weather ?? weather(), send);
    counts[hasPassed ? 'passed' : 'dropped'] += 1;
  }
}

export async function startUdpRelay(options: UdpRelayOptions): Promise<UdpRelay> {
  const counts = { passed: 0, dropped: 0 };
  const links = new Map<string, UdpLink>();
  const front = createSocket('udp4');
  let weather: Weather = { ...fair, loss: options.loss };
  let rateBps = Number.POSITIVE_INFINITY;
  const context = {
    ...{ front, counts, nodePort: options.nodePort, random: seededRandom(options.seed) },
    rateBps: () => rateBps,
    weather: () => weather,
  };
  front.on('error', () => {});
  front.on('message', (datagram, client) => {
    const key = `${client.address}:${client.port}`;
    const link = links.get(key) ?? new UdpLink(client, context);
    links.set(key, link);
    link.towardsNode(datagram);
  });
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    port: front.address().port,
    counts,
    setLoss: (loss) => {
      weather = { ...weather, loss };
    },
    setLossOf: (ports, loss) => {
      const known = [...links.values()].filter(({ port }) => ports.includes(port));
      for (const link of known) link.weather = { ...(link.weather ?? weather), loss };
      return known.length;
    },
    setWeather: (change) => {
      weather = { ...weather, ...change };
    },
    linksOf: (ports) => [...links.values()].filter(({ client }) => ports.includes(client.port)),
    setRate: (bps) => {
      rateBps = bps;
      for (const { bottleneck } of links.values()) bottleneck.rateBps = bps;
    },
    close: async () => {
      for (const link of links.values()) link.close();
      front.close();
      await once(front, 'close');
    },
  };
}
