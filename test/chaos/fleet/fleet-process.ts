/** One process of a fleet, as an operator's supervisor has it: started, watched, killed, frozen. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { repository, serverCommand } from '../../e2e/support/plenum.js';

const startLimitMs = 120_000;
/** Of what it says, to look at when something fails. */
const keptCharacters = 200_000;
/** USER_HZ, the same on every Linux that Node runs on. */
const tickMs = 10;
/** As deploy/systemd/plenum-control.service has it. */
const restartAfterMs = 100;

export interface ProcessOptions {
  name: string;
  argv: readonly string[];
  /** Beside that of this process. */
  environment: Record<string, string>;
  /** A line of its output that says that it runs. */
  ready: RegExp;
  /** Where its output is kept, under its name. */
  logFolder: string;
}

export function plenumCommand(role: string, flags: readonly string[]): string[] {
  return [...serverCommand, 'start', role, ...flags];
}

export class FleetProcess {
  /** Ends that nobody asked for, and those that were no clean ones though they were. */
  readonly unexpectedEnds: string[] = [];
  private child: ChildProcess | undefined;
  private said = '';
  private readonly log: WriteStream;
  private isSupervised = false;
  /** By which it was asked to end. */
  private asked: NodeJS.Signals | undefined;
  private match: RegExpExecArray | null = null;

  constructor(readonly options: ProcessOptions) {
    this.log = createWriteStream(join(options.logFolder, `${options.name}.log`), { flags: 'a' });
  }

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error(`${this.options.name} does not run`);
    return this.child.pid;
  }

  /** Processor time that it has had, user and system; Linux, proc(5). */
  get cpuMs(): number {
    const stat = readFileSync(`/proc/${this.pid}/stat`, 'utf8');
    // After the name, which is in brackets, utime and stime are the 12th and 13th.
    const [utime, stime] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return (Number(utime) + Number(stime)) * tickMs;
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  /** What the line that says it runs matched. */
  get readyLine(): RegExpExecArray {
    if (this.match === null) throw new Error(`${this.options.name} was never ready`);
    return this.match;
  }

  /** What it said, the end of it. */
  get output(): string {
    return this.said;
  }

  /** Resolves when it has said that it is there, or that it has come to another point. */
  async start(until = this.options.ready): Promise<void> {
    const { argv, environment, name } = this.options;
    const [program, ...rest] = argv as [string, ...string[]];
    const { DATABASE_URL: _, ...inherited } = process.env;
    const child = spawn(program, rest, {
      cwd: repository,
      env: { ...inherited, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.asked = undefined;
    child.once('exit', (code, signal) => this.ended(child, signal ?? `${code}`));
    this.match = await this.untilReady(child, until).catch((error: Error) => {
      throw new Error(`${name} ${error.message}\n${this.said.slice(-4000)}`);
    });
  }

  private untilReady(child: ChildProcess, ready: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      let since = '';
      const timer = setTimeout(() => reject(new Error('is not ready')), startLimitMs);
      child.once('exit', () => {
        clearTimeout(timer);
        reject(new Error('ended at once'));
      });
      for (const stream of [child.stdout, child.stderr]) {
        stream?.on('data', (chunk: Buffer) => this.note(String(chunk)));
      }
      const look = (chunk: Buffer) => {
        since = (since + chunk).slice(-keptCharacters);
        const match = ready.exec(since);
        if (match === null) return;
        child.stdout?.off('data', look);
        clearTimeout(timer);
        resolve(match);
      };
      child.stdout?.on('data', look);
    });
  }

  /** Ends it, and waits until it has ended. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.isSupervised = false;
    await this.ask(signal);
  }

  /** As a crash does. A supervised one is started again. */
  kill(): Promise<void> {
    return this.ask('SIGKILL');
  }

  private async ask(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    this.asked = signal;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** From now on it is started again whenever it ends. */
  supervise(): void {
    this.isSupervised = true;
  }

  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  close(): void {
    this.log.end();
  }

  private note(text: string): void {
    this.log.write(text);
    this.said = (this.said + text).slice(-keptCharacters);
  }

  private ended(child: ChildProcess, how: string): void {
    if (this.child !== child) return;
    this.child = undefined;
    // Who has no ear for the signal ends by it.
    const isAsked = this.asked !== undefined && [this.asked, '0'].includes(how);
    this.note(`\n-- ended with ${how}${isAsked ? ', as asked' : ''}\n`);
    if (!isAsked) this.unexpectedEnds.push(`${this.options.name} ended with ${how}`);
    if (!this.isSupervised) return;
    setTimeout(() => {
      // Whoever ended it meanwhile wants no other.
      if (!this.isSupervised) return;
      this.start().catch((error) => this.unexpectedEnds.push((error as Error).message));
    }, restartAfterMs);
  }
}
