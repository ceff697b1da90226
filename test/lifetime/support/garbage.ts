/** A garbage collector that runs when it is told to. */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: (options?: object) => void = runInNewContext('gc');

/** Collects what is garbage, then lets native finalizers run, and what they made garbage. */
export async function collectGarbage(): Promise<void> {
  for (let pass = 0; pass < 3; pass++) {
    collect();
    await turn();
  }
}

/** Collects as V8 does before it runs out of memory: it gives empty pages back too, its reserve otherwise. */
export function giveReserveBack(): void {
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
