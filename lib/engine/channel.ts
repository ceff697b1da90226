/**
 * The way from objects to the engine and back: gathers the commands of one turn into one batch per
 * shard, turns statuses into errors with the caller's stack, and hands events to their objects.
 */
import { PlenumError } from '../errors.js';
import {
  type Command,
  type CommandStatus,
  decodeEvents,
  decodeStats,
  type EngineStats,
  type Event,
  encodeCommands,
} from './contract.gen.js';
import type { Engine } from './engine.js';
import { type Handle, shardOf } from './handle.js';
import { HandleAllocator } from './handle-allocator.js';

export type HandleKind = 'room' | 'transport' | 'publication' | 'outbound' | 'subscription';

/** Events about one object. `batchDone` and the simulation's packets are not. */
export type ObjectEvent = Exclude<Event, { type: 'batchDone' | 'simPacketOut' }>;

interface PendingCommand {
  command: Command;
  /** Made when the command was given: its stack shows who gave it. */
  error: PlenumError;
  done: (error: PlenumError | null) => void;
}

/** More commands of one turn go into further batches; the count is 16 bit in the contract. */
const MAX_BATCH = 4096;
const INITIAL_STATS_LENGTH = 4096;

export class EngineChannel {
  readonly #engine: Engine;
  readonly #refused: (error: PlenumError) => void;
  readonly #allocators = new Map<HandleKind, HandleAllocator>();
  readonly #listeners = new Map<HandleKind, Map<Handle, (event: ObjectEvent) => void>>();
  readonly #gathered = new Map<number, PendingCommand[]>();
  readonly #submitted = new Map<number, PendingCommand[]>();
  #nextBatch = 1;
  #isFlushing = false;
  #isClosed = false;
  #statsBuffer = new Float64Array(INITIAL_STATS_LENGTH);

  /** `refused` hears of refused commands that nobody waits for. */
  constructor(engine: Engine, refused: (error: PlenumError) => void) {
    this.#engine = engine;
    this.#refused = refused;
    engine.onEvents((bytes) => this.#handleEvents(bytes));
  }

  /** A new handle whose events go to `listener` until it is closed. */
  open(kind: HandleKind, shard: number, listener?: (event: ObjectEvent) => void): Handle {
    const handle = getOrAdd(this.#allocators, kind, () => new HandleAllocator()).allocate(shard);
    if (listener) getOrAdd(this.#listeners, kind, () => new Map()).set(handle, listener);
    return handle;
  }

  /** Gives the handle back; `command` is the one that closes it in the engine. */
  close(kind: HandleKind, handle: Handle, command: Command): void {
    this.post(handle, command);
    this.forget(kind, handle);
  }

  /** Gives back a handle that the engine never took. */
  forget(kind: HandleKind, handle: Handle): void {
    this.#listeners.get(kind)?.delete(handle);
    this.#allocators.get(kind)?.release(handle);
  }

  /**
   * Resolves when the engine has done it.
   * @throws PlenumError `limit_reached`, `internal`, `engine_closed`.
   */
  request(subject: Handle, command: Command): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#gather(subject, command, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** For commands that cannot fail but by a fault of ours. Commands after close are dropped. */
  post(subject: Handle, command: Command): void {
    this.#gather(subject, command, (error) => {
      if (error && error.code !== 'engine_closed') this.#refused(error);
    });
  }

  /** @throws PlenumError `engine_closed`. */
  stats(): EngineStats {
    if (this.#isClosed) throw new PlenumError('engine_closed');
    let needed = this.#engine.readStats(this.#statsBuffer);
    while (needed > this.#statsBuffer.length) {
      this.#statsBuffer = new Float64Array(2 * needed);
      needed = this.#engine.readStats(this.#statsBuffer);
    }
    return decodeStats(this.#statsBuffer);
  }

  shutDown(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const unanswered = [...this.#submitted.values(), ...this.#gathered.values()].flat();
    this.#submitted.clear();
    this.#gathered.clear();
    this.#engine.close();
    for (const { error, done } of unanswered) done(withCode(error, 'engine_closed'));
  }

  #gather(subject: Handle, command: Command, done: PendingCommand['done']): void {
    const error = new PlenumError('internal', `${command.type} was refused`);
    if (this.#isClosed) {
      done(withCode(error, 'engine_closed'));
      return;
    }
    getOrAdd(this.#gathered, shardOf(subject), () => []).push({ command, error, done });
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushing = false;
    const gathered = [...this.#gathered];
    this.#gathered.clear();
    for (const [shard, commands] of gathered) {
      for (let start = 0; start < commands.length; start += MAX_BATCH) {
        this.#submit(shard, commands.slice(start, start + MAX_BATCH));
      }
    }
  }

  #submit(shard: number, commands: PendingCommand[]): void {
    const batch = this.#nextBatch;
    this.#nextBatch = (batch + 1) % 2 ** 32;
    this.#submitted.set(batch, commands);
    try {
      const bytes = encodeCommands(
        batch,
        commands.map(({ command }) => command),
      );
      this.#engine.submit(shard, bytes);
    } catch (cause) {
      this.#submitted.delete(batch);
      for (const { command, done } of commands) {
        done(new PlenumError('internal', `${command.type} was not taken`, { cause }));
      }
    }
  }

  #handleEvents(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    for (const event of decodeEvents(bytes)) {
      try {
        this.#handleEvent(event);
      } catch (error) {
        // A listener's fault: reported as any uncaught error, the events behind it still arrive.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #handleEvent(event: Event): void {
    switch (event.type) {
      case 'batchDone':
        this.#settle(event.batch, event.statuses);
        break;
      case 'transportState':
      case 'congestionFeedback':
      case 'remoteEstimate':
      case 'reception':
        this.#deliver('transport', event.transport, event);
        break;
      case 'streamStarted':
      case 'streamEnded':
      case 'layerRates':
        this.#deliver('publication', event.publication, event);
        break;
      case 'subscriptionState':
      case 'tappedPacket':
      case 'tapOverflow':
        this.#deliver('subscription', event.subscription, event);
        break;
      case 'audioLevels':
        this.#deliver('room', event.room, event);
        break;
      case 'simPacketOut':
        break;
    }
  }

  #deliver(kind: HandleKind, handle: Handle, event: ObjectEvent): void {
    this.#listeners.get(kind)?.get(handle)?.(event);
  }

  #settle(batch: number, statuses: readonly CommandStatus[]): void {
    const commands = this.#submitted.get(batch) ?? [];
    this.#submitted.delete(batch);
    for (const [index, { command, error, done }] of commands.entries()) {
      const status = statuses[index] ?? 'invalid_argument';
      const code = status === 'limit_reached' ? 'limit_reached' : 'internal';
      done(status === 'ok' ? null : withCode(error, code, `${command.type}: ${status}`));
    }
  }
}

/** The same stack under another code. */
function withCode(origin: PlenumError, code: PlenumError['code'], detail?: string): PlenumError {
  const error = new PlenumError(code, detail);
  const frames = origin.stack?.indexOf('\n    at ') ?? -1;
  if (frames >= 0) error.stack = `${error.name}: ${error.message}${origin.stack?.slice(frames)}`;
  return error;
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
