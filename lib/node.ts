/** A media node: one engine with its rooms. */
import { EventEmitter } from 'node:events';
import { isIP } from 'node:net';
import { Admission } from './admission.js';
import { type AnnouncedAddress, candidatesOf } from './announce.js';
import { EngineClock, machineClock, type NodeClock, SharedTimer } from './clock.js';
import { assertOpen, type Core } from './core.js';
import { CostModel, DEFAULT_MAX_LOAD } from './cost-model.js';
import { EngineChannel } from './engine/channel.js';
import type { BoundAddress, Engine, ListenAddress, Tuning } from './engine/engine.js';
import { MAX_SHARDS } from './engine/handle.js';
import { createNativeEngine } from './engine/native-engine.js';
import { PlenumError } from './errors.js';
import { Placement, type PlacementPolicy } from './placement.js';
import type { PlainPolicy } from './plain-transport.js';
import { QualityRounds } from './quality-rounds.js';
import { LiveRoom, type Room, type RoomOptions } from './room.js';
import { describeStats, type NodeStats, type NodeSummary } from './stats.js';

export interface NodeOptions {
  /** Where shards listen: UDP, and TCP as a fallback. Default UDP at 127.0.0.1, any port. */
  listen?: ListenAddress[];
  /** What candidates say instead of the bound addresses (behind NAT). */
  announce?: AnnouncedAddress[];
  /** What other nodes are told (`room.linkAddresses`). Default: `announce`. */
  announceLinks?: AnnouncedAddress[];
  /** RTP without SRTP (PlainTransport) beyond loopback addresses. Default: not allowed. */
  plain?: PlainPolicy;
  /** Media threads, 1–32. Default 1. Of no effect with `engine`. */
  shards?: number;
  /**
   * `together`: a participant is served by the shard of its room while that is not much busier
   * than the others, else by the least busy one. `apart`: always by the least busy one; what
   * crosses between shards costs more then, which is for tests and measurements. Default `together`.
   */
  placement?: PlacementPolicy;
  /**
   * How busy a media thread may be, of a core, 0.05–1: from there on rooms and participants that
   * need it are refused (`no_capacity`); those who are in keep their media. null: nobody is refused.
   * Default 0.8.
   */
  maxLoad?: number | null;
  /** What of the machine the hot path uses. Default: all of it. Of no effect with `engine`. */
  tuning?: Tuning;
  /** A ready engine (FakeEngine, virtual clock) in place of the native one; closes with the node. */
  engine?: Engine;
  /** Whose time it is; tests hold it. Default: the machine's. */
  clock?: NodeClock;
}

export interface NodeEvents {
  /** The engine refused a command that cannot be refused: a fault of the library, to be logged. */
  refused: [error: PlenumError];
  close: [];
}

export interface MediaNode extends EventEmitter<NodeEvents> {
  /** Every socket, as bound; one of TCP once for each shard. */
  readonly addresses: readonly BoundAddress[];
  /** SHA-256 of the DTLS certificate, `AB:CD:…` (RFC 8122). */
  readonly fingerprint: string;
  readonly rooms: ReadonlyMap<string, Room>;
  /** The engine's clock, µs; its zero means nothing. What `TappedPacket` counts in. */
  now(): number;
  /**
   * The least busy shard becomes its home.
   * @throws PlenumError `conflict`, `bad_request`, `no_capacity`, `closed`.
   */
  createRoom(options: RoomOptions): Room;
  /** @throws PlenumError `no_capacity` when a room would be refused now; `closed`. */
  checkCapacity(): void;
  /** All counters, pulled once. @throws PlenumError `closed`. */
  stats(): NodeStats;
  /** Those of the node itself: as quick with thousands of people. @throws PlenumError `closed`. */
  summary(): NodeSummary;
  /** Closes all rooms, stops the threads, closes the sockets. */
  close(): void;
}

/**
 * Starts the media engine and binds its sockets.
 * @throws PlenumError `addon_missing`, `listen_failed`, `bad_request`.
 */
export function createNode(options: NodeOptions = {}): MediaNode {
  const { listen = [{ address: '127.0.0.1', port: 0 }], announce = [], shards = 1 } = options;
  const { announceLinks = [] } = options;
  const { tuning = {}, maxLoad = DEFAULT_MAX_LOAD } = options;
  const isShardCount = Number.isInteger(shards) && shards >= 1 && shards <= MAX_SHARDS;
  if (!isShardCount) throw new PlenumError('bad_request', `shards are 1 to ${MAX_SHARDS}`);
  if (maxLoad !== null && !(maxLoad >= 0.05 && maxLoad <= 1)) {
    throw new PlenumError('bad_request', 'maxLoad is neither 0.05 to 1 nor null');
  }
  if (listen.length === 0) throw new PlenumError('bad_request', 'nothing to listen on');
  for (const { address, port = 0 } of [...listen, ...announce, ...announceLinks]) {
    checkAddress(address, port);
  }
  for (const { address, tcpPort = 0 } of announce) checkAddress(address, tcpPort);
  const engine = options.engine ?? createNativeEngine({ shards, listen, clock: 'real', tuning });
  return new LiveNode(engine, options);
}

function checkAddress(address: string, port: number): void {
  const isPort = Number.isInteger(port) && port >= 0 && port <= 0xffff;
  if (isIP(address) !== 0 && isPort) return;
  throw new PlenumError('bad_request', 'an address is a literal IP address with a port');
}

class LiveNode extends EventEmitter<NodeEvents> implements MediaNode {
  readonly addresses: readonly BoundAddress[];
  readonly fingerprint: string;
  readonly rooms = new Map<string, LiveRoom>();
  readonly #core: Core;
  readonly #quality: QualityRounds;
  #isClosed = false;

  constructor(engine: Engine, options: NodeOptions) {
    super();
    const { announce = [], announceLinks = announce, plain = {} } = options;
    const { clock = machineClock, placement, maxLoad } = options;
    this.addresses = engine.addresses;
    this.fingerprint = engine.fingerprint;
    const shards = [...new Set(engine.addresses.map(({ shard }) => shard))];
    const toldAs = (announced: readonly AnnouncedAddress[]) =>
      new Map(shards.map((shard) => [shard, candidatesOf(shard, engine.addresses, announced)]));
    const [candidates, forLinks] = [toldAs(announce), toldAs(announceLinks)];
    const refused = (error: PlenumError) => {
      if (!this.#isClosed) this.emit('refused', error);
    };
    const channel = new EngineChannel(engine, refused);
    const timer = new SharedTimer(clock);
    const shardPlacement = new Placement(shards, placement, new CostModel(shards, maxLoad));
    this.#core = {
      channel,
      clock,
      engineClock: new EngineClock(clock, !options.engine && !options.clock),
      timer,
      fingerprint: engine.fingerprint,
      refused,
      addressesOf: (shard) => candidates.get(shard) ?? [],
      linkAddressesOf: (shard) => forLinks.get(shard) ?? [],
      boundOf: (shard) => engine.addresses.filter((bound) => bound.shard === shard),
      plain,
      placement: shardPlacement,
      admission: new Admission(channel, shardPlacement, timer, clock),
    };
    this.#quality = new QualityRounds(this.#core, this.rooms);
  }

  now(): number {
    return this.#core.engineClock.nowUs;
  }

  createRoom(options: RoomOptions): LiveRoom {
    assertOpen(this.#isClosed, 'node');
    if (this.rooms.has(options.id)) throw new PlenumError('conflict');
    if (!options.evenWhenFull) this.checkCapacity();
    const room = new LiveRoom(this.#core, options, (closed) => this.rooms.delete(closed.id));
    this.rooms.set(room.id, room);
    (room as EventEmitter).on('newListener', (event) => {
      if (event === 'quality') this.#quality.start();
    });
    return room;
  }

  checkCapacity(): void {
    assertOpen(this.#isClosed, 'node');
    const { placement, admission } = this.#core;
    admission.check([placement.leastLoaded()]);
  }

  stats(): NodeStats {
    assertOpen(this.#isClosed, 'node');
    const stats = this.#core.admission.measure();
    return describeStats(stats, this.#core.placement.cost.load(), [...this.rooms.values()]);
  }

  summary(): NodeSummary {
    assertOpen(this.#isClosed, 'node');
    const { shards } = this.#core.admission.measure();
    const rooms = [...this.rooms.values()];
    return {
      rooms: rooms.length,
      participants: rooms.reduce((sum, { participants }) => sum + participants.size, 0),
      load: this.#core.placement.cost.load(),
      shards,
    };
  }

  close(): void {
    if (this.#isClosed) return;
    for (const room of [...this.rooms.values()]) room.close();
    this.#isClosed = true;
    this.#quality.stop();
    this.#core.admission.stop();
    this.#core.channel.shutDown();
    this.emit('close');
  }
}
