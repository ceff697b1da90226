/** The way from the node to the browsers: a relay, the link with its queue, and a relay that delays. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { LimitedLink } from '../adaptation/link.js';
import type { Jitter } from '../scorecard/link.js';
import type { FromRelay, Passage, RelayOrder, ToRelay } from './passage.js';

export interface DelayedPath {
  /** What the node announces: the far end. */
  readonly announced: Readonly<{ address: string; port: number }>;
  /** Where the node is, as this machine sees it. */
  setNode(address: string, port: number): void;
  /** Of the media packets that entered the link, and of those that left it, so far. */
  collect(): Promise<{ entered: readonly Passage[]; left: readonly Passage[] }>;
  close(): void;
}

export async function openPath(
  link: LimitedLink,
  way: { delayUs: number; jitter: Jitter },
): Promise<DelayedPath> {
  const near = startRelay(process.execPath, { end: 'near', listen: link.address, ...way });
  const inside = link.wrapper(process.execPath);
  const far = startRelay(inside, { end: 'far', listen: link.farAddress, ...way });
  const [nearPort, farPort] = [await listening(near), await listening(far)];
  const order = (relay: ChildProcess, message: ToRelay) => relay.send(message);
  order(far, { type: 'target', address: link.address, port: nearPort });
  const passagesOf = async (relay: ChildProcess) => {
    order(relay, { type: 'collect' });
    const message = await answerOf(relay);
    return message.type === 'passages' ? message.passages : [];
  };
  return {
    announced: { address: link.farAddress, port: farPort },
    setNode: (address, port) => order(near, { type: 'target', address, port }),
    collect: async () => ({ entered: await passagesOf(near), left: await passagesOf(far) }),
    close: () => {
      for (const relay of [near, far]) if (relay.connected) relay.disconnect();
    },
  };
}

function startRelay(execPath: string, order: RelayOrder): ChildProcess {
  return fork(join(import.meta.dirname, 'worker.js'), [JSON.stringify(order)], {
    execPath,
    execArgv: [],
  });
}

async function listening(relay: ChildProcess): Promise<number> {
  const message = await answerOf(relay);
  if (message.type !== 'listening') throw new Error('a relay does not listen');
  return message.port;
}

async function answerOf(relay: ChildProcess): Promise<FromRelay> {
  const ended = new AbortController();
  const exit = once(relay, 'exit', { signal: ended.signal }).then(() => {
    throw new Error('a relay ended');
  });
  try {
    const [message] = await Promise.race([once(relay, 'message'), exit]);
    return message as FromRelay;
  } finally {
    ended.abort();
    exit.catch(() => {});
  }
}
