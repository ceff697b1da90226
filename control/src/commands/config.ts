import { ConfigError } from '../config/config-error.js';
import { printed } from '../config/print.js';
import { judgeStart, said as saidOf } from '../config/public-start.js';
import { type Reading, readSettings } from '../config/read.js';
import { readMachine } from '../machine.js';
import type { Command, Terminal } from './command.js';

/** What would a start say? */
export const configCommand: Command = {
  help: 'config check|print [OPTION …]  is the configuration right; what is it (secrets masked)',
  run([what, ...args], terminal) {
    if (what !== 'check' && what !== 'print') {
      terminal.complain('plenum config check [OPTION …] | plenum config print [OPTION …]');
      return 2;
    }
    const reading = readOrComplain(args, terminal);
    if (reading === null) return 1;
    return what === 'print' ? print(reading, terminal) : check(reading, terminal);
  },
};

/** As `orComplain`. */
export function readOrComplain(args: string[], terminal: Terminal): Reading | null {
  return orComplain(terminal, () => readSettings(args, terminal.environment));
}

/** Null: it said what is wrong. */
export function orComplain<Result>(terminal: Terminal, read: () => Result): Result | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const complaint of error.complaints) terminal.complain(complaint);
    return null;
  }
}

function print(reading: Reading, terminal: Terminal): number {
  terminal.print(`# ${reading.file ?? 'no file'}`);
  terminal.print(printed(reading).trimEnd());
  return 0;
}

function check({ config, file, said }: Reading, terminal: Terminal): number {
  const { refused, passed } = judgeStart(config, readMachine());
  for (const lack of refused) terminal.complain(`a start is refused: ${saidOf(lack)}`);
  for (const lack of passed) terminal.complain(`a start is insecure: ${saidOf(lack)}`);
  if (refused.length > 0) return 1;
  terminal.print(`the configuration is right: ${said.size} settings said, file: ${file ?? 'none'}`);
  return 0;
}
