import { pino } from 'pino';
import type { Engine } from '../../lib/index.js';
import { readConfig } from './config.js';
import { type Stop, start, stopAll } from './start.js';

/** Whatever hangs, the process is gone by then. */
const stopDeadlineMs = 2800;

/** One process's life: starts, says so on stdout, and stops on SIGINT or SIGTERM within 3 s. */
export async function main(engine?: Engine): Promise<void> {
  const stops: Stop[] = [];
  let stopping = false;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(code || 1), stopDeadlineMs).unref();
    await stopAll(stops);
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0));
  try {
    const config = readConfig(process.argv.slice(2), process.env);
    const log = pino({ level: config.log.level }, pino.destination(2));
    const { address, setupLink } = await start(config, {
      stops,
      log,
      ...(engine === undefined ? {} : { engine }),
    });
    if (stopping) return;
    process.stdout.write(`Plenum is ready: ${address}\n`);
    if (setupLink !== null) process.stdout.write(`Make the first account: ${setupLink}\n`);
  } catch (error) {
    if (!stopping) process.stderr.write(`Plenum cannot start: ${(error as Error).message}\n`);
    await stop(1);
  }
}
