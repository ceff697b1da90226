/** ffmpeg and ffprobe as child processes: no network, nothing asked, and what they cost. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';

export interface ProgramPaths {
  ffmpeg: string;
  ffprobe: string;
}

export interface Running {
  stdin: Writable;
  stdout: Readable;
  /** Resolves when it has ended well. @throws Error with the last words it said. */
  ended: Promise<void>;
  /** It is not wanted any more; `ended` rejects. */
  stop(): void;
}

/** Of what a program complains about the end is kept. */
const keptChars = 2_000;

/** All inputs are files or pipes, whatever a file says of itself. */
const always = ['-hide_banner', '-v', 'error', '-protocol_whitelist', 'file,pipe'];

export class Programs {
  private readonly children = new Set<ChildProcess>();
  private isStopped = false;

  /** @param folder the working folder of all of them: names in scripts are relative to it. */
  constructor(
    private readonly paths: ProgramPaths,
    private readonly folder: string,
  ) {}

  ffmpeg(argv: readonly string[]): Running {
    return this.run(this.paths.ffmpeg, ['-nostdin', ...always, ...argv]);
  }

  /** Its output, as text. */
  async ffprobe(argv: readonly string[]): Promise<string> {
    const running = this.run(this.paths.ffprobe, [...always, ...argv]);
    const [text] = await Promise.all([textOf(running.stdout), running.ended]);
    return text;
  }

  /** Ends all that still run, and lets none begin. Resolves when they are gone. */
  async stopAll(): Promise<void> {
    this.isStopped = true;
    const gone = [...this.children].map((child) => once(child, 'exit').catch(() => {}));
    for (const child of this.children) child.kill('SIGKILL');
    await Promise.all(gone);
  }

  /** Processor time so far of this process and all that it started. Elsewhere than on Linux: its own. */
  cpuSeconds(): number {
    const own = process.cpuUsage();
    let ticks = 0;
    try {
      const [, , cutime, cstime] = processorTicks('self');
      ticks += (cutime ?? 0) + (cstime ?? 0);
      for (const child of this.children) {
        const [utime, stime] = processorTicks(String(child.pid));
        ticks += (utime ?? 0) + (stime ?? 0);
      }
    } catch {
      // One of them has ended just now: it is counted the next time.
    }
    return (own.user + own.system) / 1e6 + ticks / 100;
  }

  private run(program: string, argv: readonly string[]): Running {
    if (this.isStopped) throw new Error('canceled');
    const child = spawn(program, argv, { cwd: this.folder, stdio: ['pipe', 'pipe', 'pipe'] });
    this.children.add(child);
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-keptChars);
    });
    // It may end before it has read everything: that is told by its exit.
    child.stdin.on('error', () => {});
    const ended = this.end(child, () => said);
    // Whoever waits hears of it; who does not, need not.
    ended.catch(() => {});
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      ended,
      stop: () => child.kill('SIGKILL'),
    };
  }

  private async end(child: ChildProcess, said: () => string): Promise<void> {
    try {
      // Its pipes may be open for longer, where nobody reads them.
      child.once('exit', () => this.children.delete(child));
      const [code, signal] = await once(child, 'close');
      if (code !== 0) throw new Error(`ffmpeg ended with ${signal ?? code}: ${said().trim()}`);
    } finally {
      this.children.delete(child);
    }
  }
}

/** utime, stime, cutime, cstime of a process (proc(5)). */
function processorTicks(pid: string): number[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name may hold spaces: it ends with the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).map(Number);
}

async function textOf(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
