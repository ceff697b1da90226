/**
 * The five entry points between JavaScript and the media engine (docs/contract.md). The addon and
 * FakeEngine implement it and pass one contract suite. Everything that crosses is bytes in the
 * layout of native/engine/contract.json; contract.gen.ts encodes and decodes them.
 */

/**
 * Where a shard is reached, as bound (port 0 in the config means: any free port). Every shard has
 * UDP sockets of its own; a TCP socket is one for all and stands here once for each.
 */
export interface BoundAddress {
  shard: number;
  protocol: 'udp' | 'tcp';
  address: string;
  port: number;
}

export interface ListenAddress {
  /** A literal IPv4 or IPv6 address. */
  address: string;
  /** UDP: shard n listens on `port + n`. TCP: one for all shards. 0 = any free port. */
  port: number;
  /**
   * Default `udp`. `tcp`: passive ICE-TCP candidates (RFC 6544), for clients whose network lets no
   * UDP through. At least one address is UDP.
   */
  protocol?: 'udp' | 'tcp';
  /**
   * What comes from another host is dropped unread. For programs on this host that refuse to use
   * loopback addresses (Firefox), where only they are to be served.
   */
  sameHost?: boolean;
}

/**
 * What of the machine the hot path uses; for measuring what each is worth, and for machines where one
 * misbehaves. Default: all of it, as far as it is there.
 */
export interface Tuning {
  /** Runs of datagrams to one destination leave as one message (UDP_SEGMENT). */
  gso?: boolean;
  /** Runs of datagrams are received as one message (UDP_GRO). */
  gro?: boolean;
  /** SRTP by ipsec-mb, many packets at once; false: by OpenSSL, one by one. */
  batchCipher?: boolean;
}

export interface EngineConfig {
  /** Media threads. Room handles name the shard that serves them. 1–32. */
  shards: number;
  listen: ListenAddress[];
  /** `virtual`: no sockets and no threads; packets and time come by sim_* commands. */
  clock: 'real' | 'virtual';
  /** Virtual clock only: seed of every random choice, so that a run can be repeated. */
  seed?: number;
  /** Real clock only. */
  tuning?: Tuning;
}

export interface Engine {
  readonly addresses: readonly BoundAddress[];
  /** SHA-256 fingerprint of the DTLS certificate made at start, `AB:CD:…` as in RFC 8122. */
  readonly fingerprint: string;
  /**
   * Hands over one encoded batch for one shard. Statuses come back in a `batch_done` event.
   * @throws PlenumError `engine_closed` after close, `bad_request` when the bytes are no batch.
   */
  submit(shard: number, batch: Uint8Array): void;
  /** Sets the one listener; called on the JavaScript thread with one or more encoded events. */
  onEvents(listener: (events: Uint8Array) => void): void;
  /**
   * Copies all counters into `buffer` (layout: `stats` of contract.json) and returns how many
   * doubles it needs; when that is more than `buffer.length`, only the head is written.
   */
  readStats(buffer: Float64Array): number;
  /** Stops the threads and closes the sockets. Idempotent; no event is delivered afterwards. */
  close(): void;
}

export type CreateEngine = (config: EngineConfig) => Engine;
