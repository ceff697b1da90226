import { setTimeout as delay } from 'node:timers/promises';

export type Stop = () => Promise<void> | void;

/** For each part, so that the database is always reached. */
export const patienceMs = 300;

export function within(milliseconds: number, stop: () => Promise<unknown>): Stop {
  return async () => {
    await Promise.race([stop(), delay(milliseconds, undefined, { ref: false })]);
  };
}

/** Undoes the start, last first; a failure does not keep the rest from stopping. */
export async function stopAll(stops: Stop[]): Promise<void> {
  for (const stop of stops.splice(0).reverse()) {
    try {
      await stop();
    } catch (error) {
      process.stderr.write(`while stopping: ${(error as Error).message}\n`);
    }
  }
}
