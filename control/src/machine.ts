import { readFileSync } from 'node:fs';

/** What the kernel lets this process have. Null: it does not say (another system than Linux). */
export interface Machine {
  openFiles: number | null;
  /** The largest buffers of a socket, bytes. */
  receiveBufferBytes: number | null;
  sendBufferBytes: number | null;
}

/** CAP_NET_ADMIN (capabilities(7)): socket buffers beyond the limit for everyone. */
const netAdmin = 1n << 12n;

export function readMachine(): Machine {
  const [, files] = /^Max open files\s+(\d+|unlimited)/m.exec(read('/proc/self/limits')) ?? [];
  const [, capabilities = '0'] = /^CapEff:\s*([0-9a-f]+)/m.exec(read('/proc/self/status')) ?? [];
  const isFree = (BigInt(`0x${capabilities}`) & netAdmin) !== 0n;
  const buffer = (name: string) =>
    isFree ? Number.POSITIVE_INFINITY : numberOf(read(`/proc/sys/net/core/${name}`).trim());
  return {
    openFiles: numberOf(files ?? ''),
    receiveBufferBytes: buffer('rmem_max'),
    sendBufferBytes: buffer('wmem_max'),
  };
}

function numberOf(text: string): number | null {
  if (text === 'unlimited') return Number.POSITIVE_INFINITY;
  return /^\d+$/.test(text) ? Number(text) : null;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
