/** A program that answers each line of JSON on its standard input with one on its output. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export class JsonProcess {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  #ended: Error | null = null;

  /** Standard error is shown. `onEvent`: of lines with `event`, which answer nothing. */
  constructor(argv: readonly string[], onEvent?: (line: string) => void) {
    const [program, ...rest] = argv as [string, ...string[]];
    this.#child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
    const end = (why: string) => {
      this.#ended ??= new Error(`${argv.join(' ')}: ${why}`);
      for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
    };
    this.#child.on('error', (error) => end(error.message));
    this.#child.on('exit', (code, signal) => end(`ended with ${signal ?? code}`));
    this.#child.stdin?.on('error', () => {});
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      if (onEvent && line.startsWith('{"event"')) onEvent(line);
      else this.#waiting.shift()?.resolve(line);
    });
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  ask<T>(question: object): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise<string>((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin?.write(`${JSON.stringify(question)}\n`);
    }).then((line) => JSON.parse(line) as T);
  }

  /** Ends its input, which ends it; after 3 s by force. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 3000);
    await once(this.#child, 'exit');
    clearTimeout(timer);
  }
}
