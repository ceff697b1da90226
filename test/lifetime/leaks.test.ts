/** Memory and descriptors after many engines: closed ones, and ones that became garbage. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { createNativeEngine } from '../../lib/engine/native-engine.js';
import { collectGarbage } from './support/garbage.js';
import { realConfig } from './support/running-engine.js';

const ROUNDS = 1000;
/** What the allocator may keep: engines that leaked two pages each would be over it. */
const MAX_GROWTH = 8192 * ROUNDS;

t.test(`${ROUNDS} times created and closed`, async (t) => {
  const script = fileURLToPath(new URL('./support/create-and-close.js', import.meta.url));
  // One arena and a fixed threshold: glibc then gives freed blocks back to the kernel, and resident
  // memory is memory in use, not what fragmentation keeps.
  const allocator = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536' };
  const env = { ...process.env, NODE_OPTIONS: '', ...allocator };
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [script, `${ROUNDS}`], { env, timeout: 90_000 });
  const growth: { bytes: number; descriptors: number } = JSON.parse(stdout);
  t.comment(`native memory grew by ${Math.round(growth.bytes / 1024)} KiB`);
  t.ok(growth.bytes < MAX_GROWTH, `grew by ${growth.bytes} bytes`);
  t.equal(growth.descriptors, 0);
});

t.test('an engine that nobody holds is closed by the garbage collector', async (t) => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const open = descriptors();
  for (let round = 0; round < 20; round++) {
    const engine = createNativeEngine(realConfig);
    // The listener holds the engine: a cycle, as in any real use.
    engine.onEvents(() => engine.readStats(new Float64Array(1)));
  }
  t.ok(descriptors() > open);
  for (let round = 0; round < 10 && descriptors() > open; round++) await collectGarbage();
  t.equal(descriptors(), open);
});
