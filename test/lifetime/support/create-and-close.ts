/** Creates and closes many engines; prints by how much memory and descriptors have grown. */
import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { collectGarbage } from './garbage.js';
import { startBusyEngine } from './running-engine.js';

const rounds = Number(process.argv[2]);
const countDescriptors = () => readdirSync('/proc/self/fd').length;

async function createAndClose(count: number): Promise<void> {
  for (let round = 0; round < count; round++) {
    startBusyEngine().close();
    if (round % 20 === 0) await turn();
  }
  await collectGarbage();
}

await createAndClose(rounds / 4);
const memory = process.memoryUsage.rss();
const descriptors = countDescriptors();
await createAndClose(rounds);
const growth = {
  bytes: process.memoryUsage.rss() - memory,
  descriptors: countDescriptors() - descriptors,
};
console.log(JSON.stringify(growth));
