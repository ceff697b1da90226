/** The addon that ./run build (or `npx cmake-js compile`) puts into build/addon. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ERRORS, PlenumError, type PlenumErrorCode } from '../errors.js';
import { CONTRACT_VERSION } from './contract.gen.js';
import type { BoundAddress, CreateEngine, Engine, EngineConfig } from './engine.js';

interface Addon {
  createEngine: CreateEngine;
  contractVersion: number;
}

/** out/lib/engine → the root of the package. */
const packageRoot = join(import.meta.dirname, '..', '..', '..');
const addonFile = join(packageRoot, 'build', 'addon', 'Release', 'plenum.node');
const BUILD_COMMAND = 'npx cmake-js compile --out build/addon';

/** @throws PlenumError `addon_missing`, `listen_failed`, `bad_request`. */
export function createNativeEngine(config: EngineConfig): Engine {
  const { createEngine } = loadAddon();
  return new NativeEngine(attempt(() => createEngine(config)));
}

/** The addon's own object, its plain errors made ours. */
class NativeEngine implements Engine {
  readonly addresses: readonly BoundAddress[];
  readonly fingerprint: string;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.addresses = engine.addresses;
    this.fingerprint = engine.fingerprint;
  }

  submit(shard: number, batch: Uint8Array): void {
    attempt(() => this.#engine.submit(shard, batch));
  }

  onEvents(listener: (events: Uint8Array) => void): void {
    attempt(() => this.#engine.onEvents(listener));
  }

  readStats(buffer: Float64Array): number {
    return attempt(() => this.#engine.readStats(buffer));
  }

  close(): void {
    this.#engine.close();
  }
}

function loadAddon(): Addon {
  let addon: Addon;
  try {
    addon = createRequire(import.meta.url)(addonFile);
  } catch (cause) {
    const detail = `no usable addon at ${addonFile}: run ${BUILD_COMMAND}`;
    throw new PlenumError('addon_missing', detail, { cause });
  }
  if (addon.contractVersion === CONTRACT_VERSION) return addon;
  throw new PlenumError('addon_missing', `the addon is of another version: run ${BUILD_COMMAND}`);
}

/** The addon throws plain errors whose `code` is one of ours. */
function attempt<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    const { code = '', message = '' } = cause as { code?: string; message?: string };
    const known = Object.hasOwn(ERRORS, code) ? (code as PlenumErrorCode) : 'internal';
    throw new PlenumError(known, message, { cause });
  }
}
