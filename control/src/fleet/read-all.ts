import type { IncomingMessage } from 'node:http';

/** The body of a request or answer. @throws as soon as it is longer than `maxBytes`. */
export async function readAll(
  from: IncomingMessage,
  maxBytes: number,
  tooLong = () => new Error(`a body of more than ${maxBytes} bytes`),
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of from) {
    bytes += (chunk as Buffer).length;
    if (bytes > maxBytes) throw tooLong();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
