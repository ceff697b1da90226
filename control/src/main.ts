import type { Engine } from '../../lib/index.js';
import { type Command, processTerminal } from './commands/command.js';
import { configCommand } from './commands/config.js';
import { dnsCommand } from './commands/dns.js';
import { doctorCommand } from './commands/doctor.js';
import { portsCommand } from './commands/ports.js';
import { startCommand } from './commands/start.js';

const commands = new Map<string, Command>([
  ['doctor', doctorCommand],
  ['config', configCommand],
  ['ports', portsCommand],
  ['dns', dnsCommand],
]);

/** `plenum [start] [OPTION …]` runs Plenum, another command does its work and ends. */
export async function main(engine?: Engine): Promise<void> {
  const [name = 'start', ...args] = process.argv.slice(2);
  if (name.startsWith('--')) return startCommand([name, ...args], processTerminal, engine);
  if (name === 'start') return startCommand(args, processTerminal, engine);
  const command = commands.get(name);
  if (command === undefined) {
    const helps = [...commands.values()].map(({ help }) => `plenum ${help}`);
    processTerminal.complain(['plenum start [OPTION …]', ...helps].join('\n'));
    process.exitCode = name === 'help' ? 0 : 2;
    return;
  }
  process.exitCode = await command.run(args, processTerminal);
}
