/** Garbage of another Node process: how much there is at a moment is V8's whim, what stays is ours. */
import type { ChildProcess } from 'node:child_process';
import { WebSocket } from 'ws';

/** Of the process that is to be asked: its inspector listens on a free loopback port, after SIGUSR1. */
export const inspectable = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' };

const patienceMs = 30_000;
const addresses = new WeakMap<ChildProcess, Promise<string>>();

function inspectorOf(child: ChildProcess): Promise<string> {
  let address = addresses.get(child);
  if (address === undefined) {
    address = new Promise((resolve) => {
      let text = '';
      child.stderr?.on('data', (chunk) => {
        text += chunk;
        const [url] = /ws:\/\/\S+/.exec(text) ?? [];
        if (url !== undefined) resolve(url);
      });
    });
    addresses.set(child, address);
    child.kill('SIGUSR1');
  }
  return address;
}

/** V8 keeps pages that it has emptied for 8 s, for itself. */
const pagesKeptMs = 9000;

/** All of it, as V8 does when it is out of memory, and empty pages go back to the system. */
export async function collectGarbage(child: ChildProcess): Promise<void> {
  await collect(child);
  await new Promise((resolve) => setTimeout(resolve, pagesKeptMs));
  await collect(child);
}

/** What its own memory is made of, bytes. */
export async function memoryOf(child: ChildProcess): Promise<NodeJS.MemoryUsage> {
  const params = { expression: 'JSON.stringify(process.memoryUsage())' };
  const { result } = (await ask(child, 'Runtime.evaluate', params)) as {
    result: { value: string };
  };
  return JSON.parse(result.value) as NodeJS.MemoryUsage;
}

async function collect(child: ChildProcess): Promise<void> {
  await ask(child, 'HeapProfiler.collectGarbage');
}

/** One command of the inspector's protocol. */
async function ask(child: ChildProcess, method: string, params: object = {}): Promise<unknown> {
  const socket = new WebSocket(await inspectorOf(child));
  try {
    return await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error('no answer of the inspector')), patienceMs).unref();
      socket.once('error', reject);
      socket.once('open', () => socket.send(JSON.stringify({ id: 1, method, params })));
      socket.on('message', (bytes: Buffer) => {
        const { id, result } = JSON.parse(bytes.toString()) as { id?: number; result?: unknown };
        if (id === 1) resolve(result);
      });
    });
  } finally {
    socket.terminate();
  }
}
