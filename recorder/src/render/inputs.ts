/** What a render reads: local files as they are, others brought into the working folder first. */
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RenderInput } from '../contract.js';

const tries = 4;
const firstPauseMs = 500;
/** Nothing came for so long: that try has failed. */
const silenceMs = 30_000;

/** Whether it is brought: what is no local file. */
export function isRemote({ url }: RenderInput): boolean {
  return new URL(url).protocol !== 'file:';
}

/**
 * @param onBytes of what arrives, as it does.
 * @returns where the file lies. @throws Error when it cannot be had; Missing: there is none.
 */
export async function brought(
  input: RenderInput,
  path: string,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const url = new URL(input.url);
  if (!isRemote(input)) {
    const local = fileURLToPath(url);
    await stat(local).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? new Missing('there is no such file') : error;
    });
    return local;
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new Error(`no address for a file: ${url.protocol}`);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      await download(url, path, onBytes);
      return path;
    } catch (error) {
      await rm(path, { force: true });
      if (attempt === tries || error instanceof Refused) throw error;
      await pause(firstPauseMs * 2 ** attempt);
    }
  }
}

/** Asking again will not help. */
class Refused extends Error {}

export class Missing extends Refused {}

async function download(url: URL, path: string, onBytes: (bytes: number) => void): Promise<void> {
  const abort = new AbortController();
  const silence = setTimeout(() => abort.abort(new Error('the store is silent')), silenceMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || !response.body) throw refusalOf(response.status);
    const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
    body.on('data', (chunk: Uint8Array) => {
      silence.refresh();
      onBytes(chunk.length);
    });
    await pipeline(body, createWriteStream(path, { mode: 0o600 }), { signal: abort.signal });
    const expected = Number(response.headers.get('content-length') ?? Number.NaN);
    const { size } = await stat(path);
    if (Number.isFinite(expected) && size !== expected) {
      throw new Error(`${size} bytes of ${expected} came`);
    }
  } finally {
    clearTimeout(silence);
  }
}

function refusalOf(status: number): Error {
  const text = `the store answered ${status}`;
  if (status === 404 || status === 410) return new Missing(text);
  return status >= 500 || status === 429 ? new Error(text) : new Refused(text);
}
