/** Loads the addon that ./run build (or `npx cmake-js compile`) puts into build/addon. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ERRORS, PlenumError, type PlenumErrorCode } from '../errors.js';
import type { CreateEngine, Engine, EngineConfig } from './engine.js';

/** out/lib/engine → the root of the package. */
const packageRoot = join(import.meta.dirname, '..', '..', '..');
const addonFile = join(packageRoot, 'build', 'addon', 'Release', 'plenum.node');

/** @throws PlenumError `addon_missing`, `listen_failed`, `bad_request`. */
export function createNativeEngine(config: EngineConfig): Engine {
  const { createEngine } = loadAddon();
  try {
    return createEngine(config);
  } catch (cause) {
    throw asPlenumError(cause);
  }
}

function loadAddon(): { createEngine: CreateEngine } {
  try {
    return createRequire(import.meta.url)(addonFile);
  } catch (cause) {
    const detail = `no addon at ${addonFile}: run npx cmake-js compile --out build/addon`;
    throw new PlenumError('addon_missing', detail, { cause });
  }
}

/** The addon throws plain errors whose `code` is one of ours. */
function asPlenumError(cause: unknown): PlenumError {
  const { code, message } = cause as { code?: string; message?: string };
  const isOurs = code !== undefined && Object.hasOwn(ERRORS, code);
  const detail = message ?? 'the engine did not start';
  return new PlenumError(isOurs ? (code as PlenumErrorCode) : 'internal', detail, { cause });
}
