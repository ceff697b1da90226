import { pino } from 'pino';
import type { Engine } from '../../../lib/index.js';
import { ConfigError } from '../config/config-error.js';
import { judgeStart, said } from '../config/public-start.js';
import type { Config } from '../config/settings.js';
import { readConfig } from '../config.js';
import { readMachine } from '../machine.js';
import { readRole } from '../roles/roles.js';
import { openServiceNotice } from '../roles/service-notice.js';
import { type Stop, stopAll } from '../roles/stops.js';
import type { Terminal } from './command.js';

/** Whatever hangs, the process is gone by then; a media node waits for its rooms to move before. */
const stopDeadlineMs = 2800;

/**
 * One process's life: starts, says so on stdout, and stops on SIGINT or SIGTERM within 3 s; on a second
 * one at once. What was acknowledged is durable either way.
 */
export async function startCommand(
  args: string[],
  terminal: Terminal,
  engine?: Engine,
): Promise<void> {
  const stops: Stop[] = [];
  const notice = openServiceNotice(terminal.environment);
  let stopping = false;
  let patienceMs = 0;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    notice.stopping();
    setTimeout(() => process.exit(code || 1), patienceMs + stopDeadlineMs).unref();
    await stopAll(stops);
    process.exit(code);
  };
  const onSignal = () => {
    if (stopping) process.exit(1);
    void stop(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  try {
    const { role, start, options } = readRole(args);
    const config = readConfig(options, terminal.environment);
    refuseUnfit(config, terminal, role);
    if (role === 'node') patienceMs = config.node.drainSeconds * 1000;
    const log = pino({ level: config.log.level }, pino.destination(2));
    const engineIfGiven = engine === undefined ? {} : { engine };
    const ready = await start(config, { stops, log, ...engineIfGiven });
    if (stopping) return;
    for (const line of ready) terminal.print(line);
    notice.ready();
  } catch (error) {
    if (!stopping) terminal.complain(`Plenum cannot start: ${(error as Error).message}`);
    await stop(1);
  }
}

/** @throws ConfigError with everything that keeps this from being a start for others. */
function refuseUnfit(config: Config, terminal: Terminal, role: string | null): void {
  const { refused, passed } = judgeStart(config, readMachine(), role);
  for (const lack of passed) terminal.complain(`Plenum is started insecurely: ${said(lack)}`);
  if (refused.length > 0) throw new ConfigError(refused.map(said));
}
