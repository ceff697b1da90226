/** Client programs of others, each in a process of its own that says JSON objects, one a line. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually, repository } from '../../e2e/support/plenum.js';

const folder = join(repository, 'test', 'interop', 'clients');

export interface Said {
  event: string;
  [field: string]: unknown;
}

/** A Python script of `clients/`, by Debian's own Python: there the packages are. */
export class Client {
  readonly said: Said[] = [];
  private readonly process: ChildProcess;
  private stderr = '';

  constructor(script: string, args: readonly string[]) {
    const child = spawn('/usr/bin/python3', [join(folder, script), ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    });
    this.process = child;
    child.stdin.on('error', () => {});
    child.stderr.on('data', (chunk) => {
      this.stderr += chunk;
    });
    createInterface(child.stdout).on('line', (line) => this.said.push(JSON.parse(line)));
  }

  /** Waits until it has said this. */
  async hear(event: string): Promise<Said> {
    try {
      return await eventually(`the client says ${event}`, () => {
        const found = this.said.find((said) => said.event === event);
        if (!found && this.process.exitCode !== null) throw new Error('the client has ended');
        return found;
      });
    } catch (error) {
      const seen = JSON.stringify(this.said);
      throw new Error(`${(error as Error).message}; it said ${seen}\n${this.stderr}`);
    }
  }

  /** Closes its standard input, which asks it to end, and waits for that. */
  async finish(): Promise<void> {
    this.process.stdin?.end();
    await eventually('the client ends', () => (this.process.exitCode === null ? undefined : true));
  }

  /** Ends it at once, as a crash would: nothing is said to the server. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }
}
