/** Creates and closes many engines; prints by how much memory and descriptors have grown. */
import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { collectGarbage } from './garbage.js';
import { startBusyEngine } from './running-engine.js';

const rounds = Number(process.argv[2]);
const countDescriptors = () => readdirSync('/proc/self/fd').length;

/** Resident memory, without V8's heap, whose size follows its own mind. */
function nativeMemory(): number {
  const { rss, heapTotal } = process.memoryUsage();
  return rss - heapTotal;
}

async function createAndClose(count: number): Promise<void> {
  for (let round = 0; round < count; round++) {
    startBusyEngine().close();
    if (round % 20 === 0) await turn();
  }
  await collectGarbage();
}

await createAndClose(rounds / 2);
const memory = nativeMemory();
const descriptors = countDescriptors();
await createAndClose(rounds);
const growth = {
  bytes: nativeMemory() - memory,
  descriptors: countDescriptors() - descriptors,
};
console.log(JSON.stringify(growth));
