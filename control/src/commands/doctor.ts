import { examine } from '../doctor/doctor.js';
import { systemFacts } from '../doctor/facts.js';
import type { Facts } from '../doctor/finding.js';
import type { Command, Terminal } from './command.js';
import { readOrComplain } from './config.js';

/** What is wrong with this machine, and how to mend it. Exit code 1 when something is. */
export const doctorCommand: Command = {
  help: 'doctor [OPTION …]              what is wrong with this machine, and how to mend it',
  run: (args, terminal) => doctor(args, terminal, systemFacts()),
};

export async function doctor(args: string[], terminal: Terminal, facts: Facts): Promise<number> {
  const reading = readOrComplain(args, terminal);
  if (reading === null) return 1;
  const findings = [...(await examine(reading.config, facts))];
  for (const [name, { state, detail, fix }] of findings) {
    terminal.print(`${state.padEnd(8)} ${name.padEnd(14)} ${detail}`);
    if (fix !== undefined) terminal.print(`${' '.repeat(9)}mend it: ${fix}`);
  }
  return findings.some(([, { state }]) => state === 'failed') ? 1 : 0;
}
