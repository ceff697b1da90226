/** Talking to a child process by its pipes. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** Resolves when more can be written. @throws what the reader ended with. */
export async function written(
  stream: Writable,
  bytes: Uint8Array,
  readerEnded: Promise<void>,
): Promise<void> {
  if (stream.write(bytes)) return;
  const ended = readerEnded.then(() => {
    throw new Error('the reader ended before its input');
  });
  await Promise.race([once(stream, 'drain'), ended]);
}

/** Which frame is being made, as `-progress` says it each second. */
export async function* progressOf(stream: Readable): AsyncGenerator<number> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [name, value] = line.split('=');
      if (name === 'frame') yield Number(value) || 0;
    }
  }
}
