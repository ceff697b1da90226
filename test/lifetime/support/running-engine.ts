/** Engines that are really running: threads, sockets, and something to do. */
import { encodeCommands } from '../../../lib/engine/contract.gen.js';
import type { Engine, EngineConfig } from '../../../lib/engine/engine.js';
import { makeHandle } from '../../../lib/engine/handle.js';
import { createNativeEngine } from '../../../lib/engine/native-engine.js';

export const realConfig: EngineConfig = {
  shards: 2,
  listen: [{ address: '127.0.0.1', port: 0 }],
  clock: 'real',
};

/** One batch that creates a room on each call; the engine answers with `batchDone`. */
export function roomBatch(batch: number, shard = 0): Uint8Array {
  const room = makeHandle(batch, 0, shard);
  return encodeCommands(batch, [
    {
      type: 'roomCreate',
      room,
      speakerIntervalMs: 100,
      loudest: 0,
      gateSilence: false,
      isHome: true,
    },
  ]);
}

/** An engine with a listener, a few rooms on every shard and batches in flight. */
export function startBusyEngine(listener: (events: Uint8Array) => void = () => {}): Engine {
  const engine = createNativeEngine(realConfig);
  engine.onEvents(listener);
  for (let batch = 1; batch <= 20; batch++) engine.submit(batch % 2, roomBatch(batch, batch % 2));
  return engine;
}
