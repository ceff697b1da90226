import type { IncomingHttpHeaders } from 'node:http';
import type { Dial } from '../../control/src/fleet/control-contact.js';
import { listenTo } from '../../control/src/fleet/dial.js';
import type { ProbeResult } from '../../control/src/fleet/port-probe.js';
import type { Host } from './host.js';
import { type InFlight, SimSocket } from './socket.js';
import type { World } from './world.js';

export type Accept = (socket: SimSocket, headers: IncomingHttpHeaders) => void;

/** One way, on one site. */
const [fastestMs, slowestMs] = [0.2, 3];
/** Of a path that is slow. */
const slowMs = 400;
/** Until a connection stands (fleet/dial.ts). */
const openMs = 3000;
/** Of `fleet/port-probe`. */
const probeMs = 500;

/** Connections between hosts, over paths that may be silent, each way by itself, or slow. */
export class Network {
  private readonly listeners = new Map<string, Accept>();
  private readonly sockets = new Set<SimSocket>();
  private readonly silent = new Set<string>();
  private readonly slow = new Set<string>();
  /** Nothing comes from one region to another. */
  areRegionsCut = false;

  constructor(readonly world: World) {}

  /** For this life of the host. */
  listen(host: Host, path: string, accept: Accept): void {
    this.listeners.set(`${host.name}${path}`, accept);
    host.onEnd(() => this.listeners.delete(`${host.name}${path}`));
  }

  find(name: string): Host | undefined {
    return this.world.hosts.find((host) => host.name === name);
  }

  open(from: Host, address: string, path: string, headers: IncomingHttpHeaders = {}): SimSocket {
    const to = this.find(address);
    if (to === undefined) throw new Error(`there is no ${address}`);
    const socket = new SimSocket(from, to, path, this);
    const expire = this.world.at(
      openMs,
      () => socket.refused('Opening handshake has timed out'),
      from,
    );
    this.signal(from, to, () => this.arrived(socket, to, { headers, expire }));
    return socket;
  }

  /** How the product's own connections are opened. */
  dial(from: Host, path: string, headers: IncomingHttpHeaders = {}): Dial {
    return (address, listener) =>
      listenTo(this.open(from, address, path, headers).socket, listener);
  }

  /** As `fleet/port-probe`. */
  probe(from: Host, address: string): Promise<ProbeResult> {
    const to = this.find(address) as Host;
    return new Promise((resolve) => {
      this.world.at(probeMs, () => resolve('silent'), from);
      this.signal(from, to, () => {
        const result = to.isUp ? 'open' : 'refused';
        this.signal(to, from, () => this.world.at(0, () => resolve(result), from));
      });
    });
  }

  carry(from: SimSocket, item: InFlight): void {
    const at = Math.max(from.lastAt, this.world.now + this.delayMs(from.host, from.other));
    from.lastAt = at;
    item.at = at;
    this.schedule(from, item);
  }

  forget(socket: SimSocket): void {
    this.sockets.delete(socket);
  }

  /** From now on nothing comes through that way; what is sent waits. */
  silence(from: Host, to: Host): void {
    this.silent.add(pathOf(from, to));
    this.world.troubles.begin(pathOf(from, to));
    this.world.note(`${from.name} does not reach ${to.name}`);
  }

  restore(from: Host, to: Host): void {
    if (!this.silent.delete(pathOf(from, to))) return;
    this.world.troubles.end(pathOf(from, to));
    this.world.note(`${from.name} reaches ${to.name}`);
    for (const socket of this.withHeld(from, to)) this.letThrough(socket);
  }

  /** The way between regions is cut: what is sent waits, as if it were silent each way. */
  cutRegions(): void {
    this.areRegionsCut = true;
    this.world.troubles.begin(betweenRegions);
    this.world.note('the regions do not reach each other');
  }

  healRegions(): void {
    this.areRegionsCut = false;
    this.world.troubles.end(betweenRegions);
    this.world.note('the regions reach each other');
    for (const socket of [...this.waiting]) {
      if (this.isSilent(socket.host, socket.other)) continue;
      this.waiting.delete(socket);
      this.letThrough(socket);
    }
  }

  /** What was held arrives one by one, before anything that was sent later. */
  private letThrough(socket: SimSocket): void {
    const { host, other, held } = socket;
    const to = other.isUp ? other : null;
    const next = () => {
      if (this.isSilent(host, other)) this.waiting.add(socket);
      else held.shift()?.arrive();
      if (held.length > 0 && !this.waiting.has(socket)) this.world.at(0, next, to);
    };
    this.world.at(this.delayMs(host, other), next, to);
  }

  isSilent(from: Host, to: Host): boolean {
    return (areFar(from, to) && this.areRegionsCut) || this.silent.has(pathOf(from, to));
  }

  /** For how long, of the last `withinMs`, either was not there or they did not reach each other. */
  troubledMs(one: Host, other: Host, withinMs: number): number {
    const ends = [one.name, other.name, pathOf(one, other), pathOf(other, one)];
    const all = areFar(one, other) ? [...ends, betweenRegions] : ends;
    return this.world.troubles.lastedMs(all, withinMs);
  }

  /** For how long, of the last `withinMs`, the way between their regions was cut. */
  cutOffMs(one: Host, other: Host, withinMs: number): number {
    return areFar(one, other) ? this.world.troubles.lastedMs([betweenRegions], withinMs) : 0;
  }

  slowDown(from: Host, to: Host): () => void {
    this.slow.add(pathOf(from, to));
    return () => this.slow.delete(pathOf(from, to));
  }

  /** Every connection between them breaks, at some byte of what is under way. */
  cut(one: Host, other: Host): void {
    this.world.note(`what connects ${one.name} and ${other.name} is cut`);
    for (const socket of [...this.sockets]) {
      const ends = [socket.host, socket.other];
      if (ends.includes(one) && ends.includes(other)) this.breakOff(socket);
    }
  }

  private readonly waiting = new Set<SimSocket>();

  private withHeld(from: Host, to: Host): SimSocket[] {
    const found = [...this.waiting].filter(({ host, other }) => host === from && other === to);
    for (const socket of found) this.waiting.delete(socket);
    return found;
  }

  private breakOff(socket: SimSocket): void {
    const at = this.world.now + this.world.random.between(0, slowestMs);
    // What is held was sent before all that is still under way, or has come to a host that stands still.
    socket.brokenAt = socket.held.length > 0 ? Number.NEGATIVE_INFINITY : at;
    socket.held.length = 0;
    this.world.at(at - this.world.now, () => socket.broke(), socket.host);
  }

  private arrived(
    socket: SimSocket,
    to: Host,
    { headers, expire }: { headers: IncomingHttpHeaders; expire: () => void },
  ): void {
    const from = socket.host;
    const answer = (then: () => void) => this.signal(to, from, () => this.world.at(0, then, from));
    if (!to.isUp) {
      answer(() => {
        expire();
        socket.refused(`connect ECONNREFUSED ${to.name}`);
      });
      return;
    }
    this.world.at(
      0,
      () => {
        const accept = this.listeners.get(`${to.name}${socket.path}`);
        if (accept === undefined) {
          answer(() => socket.refused('Unexpected server response: 503'));
          return;
        }
        if (socket.readyState !== 0 || socket.isDead) return;
        const peer = new SimSocket(to, from, socket.path, this);
        socket.peer = peer;
        peer.peer = socket;
        peer.readyState = peer.OPEN;
        this.sockets.add(peer).add(socket);
        this.carry(peer, {
          at: 0,
          what: () => 'open',
          arrive: () => {
            expire();
            if (socket.readyState === 0) socket.opened();
          },
        });
        accept(peer, headers);
      },
      to,
    );
  }

  /** What no connection carries yet: it is tried again until it comes through. */
  private signal(from: Host, to: Host, then: () => void): void {
    this.world.at(this.delayMs(from, to), () => {
      if (!this.isSilent(from, to)) then();
      else this.world.at(this.world.random.between(200, 1000), () => this.signal(from, to, then));
    });
  }

  private schedule(from: SimSocket, item: InFlight): void {
    const { host, other } = from;
    this.world.at(
      item.at - this.world.now,
      () => {
        if (item.at > from.brokenAt) return;
        if (from.held.length > 0 || this.isSilent(host, other)) {
          from.held.push(item);
          if (this.isSilent(host, other)) this.waiting.add(from);
          return;
        }
        if (this.world.isTracing)
          this.world.tell(`${host.name} → ${other.name}${from.path} ${item.what()}`);
        item.arrive();
      },
      other.isUp ? other : null,
    );
  }

  private delayMs(from: Host, to: Host): number {
    const { random } = this.world;
    const usual = random.between(fastestMs, slowestMs) * (random.chance(0.02) ? 20 : 1);
    return this.slow.has(pathOf(from, to)) ? usual + random.between(0, slowMs) : usual;
  }
}

const betweenRegions = 'between regions';

function areFar(one: Host, other: Host): boolean {
  return one.region !== null && other.region !== null && one.region !== other.region;
}

function pathOf(from: Host, to: Host): string {
  return `${from.name}>${to.name}`;
}
