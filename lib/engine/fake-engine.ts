/**
 * The engine contract in memory, without packets: handles, statuses, states and events behave as
 * those of the addon (one contract suite runs on both). For tests of what stands on the library.
 */
import { PlenumError } from '../errors.js';
import {
  CONTRACT_VERSION,
  type Command,
  type CommandStatus,
  decodeCommands,
  decodeStats,
  type EngineStats,
  type Event,
  encodeEvents,
  encodeStats,
} from './contract.gen.js';
import type { BoundAddress, Engine, ListenAddress } from './engine.js';
import { FakeShard } from './fake-shard.js';
import type { Handle } from './handle.js';

export interface FakeEngineOptions {
  /** Default 1. */
  shards?: number;
  /** Default UDP at 127.0.0.1:40000; shard n is "bound" to `port + n`. */
  listen?: ListenAddress[];
}

const FINGERPRINT = Array.from({ length: 32 }, () => 'FA').join(':');

export class FakeEngine implements Engine {
  readonly addresses: readonly BoundAddress[];
  readonly fingerprint = FINGERPRINT;
  /** Every command so far that was not refused, in order. */
  readonly commands: Command[] = [];
  readonly #shards: FakeShard[];
  readonly #refusals = new Map<Command['type'], CommandStatus>();
  #listener: ((events: Uint8Array) => void) | null = null;
  #waiting: Event[] = [];
  #isWaking = false;
  #isClosed = false;

  constructor({
    shards = 1,
    listen = [{ address: '127.0.0.1', port: 40_000 }],
  }: FakeEngineOptions = {}) {
    const numbers = Array.from({ length: shards }, (_, shard) => shard);
    this.addresses = numbers.flatMap((shard) =>
      listen.map(({ address, port, protocol = 'udp' }) => ({
        shard,
        protocol,
        address,
        port: protocol === 'udp' ? port + shard : port,
      })),
    );
    const all: FakeShard[] = [];
    for (const number of numbers) {
      all.push(new FakeShard((event) => this.emit(event), number, all));
    }
    this.#shards = all;
  }

  submit(shard: number, batch: Uint8Array): void {
    this.#assertOpen();
    const target = this.#shards[shard];
    if (!target) throw new PlenumError('bad_request', 'no such shard');
    const { batch: id, commands } = decode(batch);
    const statuses = commands.map((command) => this.#apply(target, command));
    this.emit({ type: 'batchDone', batch: id, statuses });
  }

  onEvents(listener: (events: Uint8Array) => void): void {
    this.#assertOpen();
    this.#listener = listener;
    this.#wake();
  }

  readStats(buffer: Float64Array): number {
    this.#assertOpen();
    const values = encodeStats(this.#stats());
    buffer.set(values.subarray(0, buffer.length));
    return values.length;
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
  }

  /** Says something as the media threads would; heard on a later microtask. */
  emit(...events: Event[]): void {
    this.#waiting.push(...events);
    this.#wake();
  }

  /** ICE and DTLS have come through: `connecting`, then `connected`. */
  connect(transport: Handle): void {
    const common = { type: 'transportState', transport, profile: 'none', remote: '' } as const;
    this.emit(
      { ...common, state: 'connecting', reason: 'ice_checked' },
      { ...common, state: 'connected', reason: 'dtls_done', profile: 'aead_aes_128_gcm' },
    );
  }

  /** From now on commands of this type get this status; `ok` ends it. */
  refuse(type: Command['type'], status: CommandStatus): void {
    this.#refusals.set(type, status);
  }

  #apply(shard: FakeShard, command: Command): CommandStatus {
    const refusal = this.#refusals.get(command.type) ?? 'ok';
    const status = refusal === 'ok' ? shard.apply(command) : refusal;
    if (status === 'ok') this.commands.push(command);
    return status;
  }

  #wake(): void {
    if (this.#isWaking || this.#listener === null) return;
    this.#isWaking = true;
    queueMicrotask(() => {
      this.#isWaking = false;
      const events = this.#waiting;
      this.#waiting = [];
      if (events.length > 0) this.#listener?.(encodeEvents(events));
    });
  }

  #stats(): EngineStats {
    const stats = emptyStats(this.#shards.length);
    for (const [shard, row] of stats.shards.entries()) row.shard = shard;
    return stats;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new PlenumError('engine_closed');
  }
}

function decode(batch: Uint8Array): { batch: number; commands: Command[] } {
  try {
    return decodeCommands(batch);
  } catch (cause) {
    throw new PlenumError('bad_request', 'the bytes are no batch', { cause });
  }
}

/** Nothing has been counted: all zero. */
function emptyStats(shards: number): EngineStats {
  const head = Float64Array.of(CONTRACT_VERSION, 0, shards, 0, 0, 0);
  return decodeStats(head);
}
