import { pino } from 'pino';
import type { Engine } from '../../../lib/index.js';
import { ConfigError } from '../config/config-error.js';
import { judgeStart, said } from '../config/public-start.js';
import type { Config } from '../config/settings.js';
import { readConfig } from '../config.js';
import { readMachine } from '../machine.js';
import { type Started, type Stop, start, stopAll } from '../start.js';
import type { Terminal } from './command.js';

/** Whatever hangs, the process is gone by then. */
const stopDeadlineMs = 2800;
/** Of version 1; this release has the one process that is all of them. */
const roles = ['control', 'node', 'recorder', 'sink'];

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
  let stopping = false;
  const stop = async (code: number) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(code || 1), stopDeadlineMs).unref();
    await stopAll(stops);
    process.exit(code);
  };
  const onSignal = () => {
    if (stopping) process.exit(1);
    void stop(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  try {
    const config = readConfig(withoutRole(args), terminal.environment);
    refuseUnfit(config, terminal);
    const log = pino({ level: config.log.level }, pino.destination(2));
    const engineIfGiven = engine === undefined ? {} : { engine };
    const started = await start(config, { stops, log, ...engineIfGiven });
    if (!stopping) announce(config, started, terminal);
  } catch (error) {
    if (!stopping) terminal.complain(`Plenum cannot start: ${(error as Error).message}`);
    await stop(1);
  }
}

function withoutRole(args: string[]): string[] {
  const [role] = args;
  if (role === undefined || role.startsWith('-')) return args;
  throw new Error(
    roles.includes(role)
      ? `the role ${role} is not there yet; without one, this process is all of them`
      : `there is no role ${role}`,
  );
}

/** @throws ConfigError with everything that keeps this from being a start for others. */
function refuseUnfit(config: Config, terminal: Terminal): void {
  const { refused, passed } = judgeStart(config, readMachine());
  for (const lack of passed) terminal.complain(`Plenum is started insecurely: ${said(lack)}`);
  if (refused.length > 0) throw new ConfigError(refused.map(said));
}

function announce(config: Config, { address, setupLink }: Started, terminal: Terminal): void {
  const own = embeddedParts(config);
  if (own.length > 0) {
    terminal.print(`On this machine alone: ${own.join(', ')}. Data: ${config.data.folder}`);
  }
  terminal.print(`Plenum is ready: ${address}`);
  if (setupLink !== null) terminal.print(`Make the first account: ${setupLink}`);
}

/** What stands for a service of its own. */
export function embeddedParts({ store, bus, objects, mail }: Config): string[] {
  return [
    ...(store.url === 'embedded:' ? ['embedded Postgres (store.url)'] : []),
    ...(bus.url === 'memory:' ? ['bus in memory (bus.url)'] : []),
    ...(objects.url.startsWith('file:') ? ['files in a folder (objects.url)'] : []),
    ...(mail.url.startsWith('file:') ? ['mail into files (mail.url)'] : []),
  ];
}
