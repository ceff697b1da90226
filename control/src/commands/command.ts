/** A command of `plenum`: what it is given after its name; resolves with the exit code. */
export interface Command {
  /** How it is called, and what it does. */
  help: string;
  run(args: string[], terminal: Terminal): Promise<number> | number;
}

/** Where a command is called: its variables, and lines for people. */
export interface Terminal {
  environment: NodeJS.ProcessEnv;
  print(text: string): void;
  complain(text: string): void;
}

export const processTerminal: Terminal = {
  environment: process.env,
  print: (text) => void process.stdout.write(`${text}\n`),
  complain: (text) => void process.stderr.write(`${text}\n`),
};
