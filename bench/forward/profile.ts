/**
 * Where the time of the threads that forward goes, sampled by perf (its own cost is in the figures of
 * that measurement, which is therefore not one of the pairs).
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Profile {
  samples: number;
  /** Shares of all samples, 0 to 1. */
  shares: Record<Part, number>;
  /** The functions in which most samples lie, with their shares. */
  top: [symbol: string, share: number][];
}

export type Part = 'send' | 'receive' | 'crypto' | 'kernel' | 'own';

const TOP = 20;
/** Assembly of ipsec-mb and OpenSSL, whose local labels are what perf sees, and what calls it. */
const CRYPTO = /^\.\.@|^crypto::|aes|gcm|ghash|sha1|_(en|de)crypt|_AAD|_hash_|blocks_is|enc_dec/i;

/** The media threads of the node, or the one thread of the ideal forwarder that works. */
export function forwardingThreads(pid: number): string[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const named = tasks.filter((task) =>
    readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8').startsWith('plenum-shard'),
  );
  return named.length > 0 ? named : tasks;
}

/** null: perf is not there, or not allowed. */
export async function profile(pid: number, seconds: number): Promise<Profile | null> {
  const folder = mkdtempSync(join(tmpdir(), 'plenum-perf-'));
  const file = join(folder, 'perf');
  try {
    const options = ['record', '-F', '1999', '-g', '-o', file, '-t', forwardingThreads(pid).join()];
    const argv = [...options, '--', 'sleep', `${seconds}`];
    const [code] = await once(spawn('perf', argv, { stdio: 'ignore' }), 'exit');
    if (code !== 0) return null;
    const script = ['script', '-i', file, '-F', 'ip,sym'];
    const limits = { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] };
    return summarize(execFileSync('perf', script, limits as { encoding: 'utf8' }));
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Of the output of `perf script`: a stack a paragraph, an address and a symbol a line, leaf first. */
function summarize(text: string): Profile {
  const shares: Profile['shares'] = { send: 0, receive: 0, crypto: 0, kernel: 0, own: 0 };
  const symbols = new Map<string, number>();
  let samples = 0;
  for (const paragraph of text.split('\n\n')) {
    const stack = [...paragraph.matchAll(/^\s*([0-9a-f]+) (.*)$/gm)].map(([, ip, symbol]) => ({
      symbol: symbol as string,
      isKernel: (ip as string).length === 16 && (ip as string).startsWith('ffff'),
    }));
    const [leaf] = stack;
    if (!leaf) continue;
    samples += 1;
    shares[partOf(leaf, stack)] += 1;
    symbols.set(leaf.symbol, (symbols.get(leaf.symbol) ?? 0) + 1);
  }
  const top = [...symbols].sort(([, a], [, b]) => b - a).slice(0, TOP);
  for (const part of Object.keys(shares) as Part[]) shares[part] /= samples;
  return { samples, shares, top: top.map(([symbol, count]) => [symbol, count / samples]) };
}

interface Call {
  symbol: string;
  isKernel: boolean;
}

function partOf(leaf: Call, stack: readonly Call[]): Part {
  if (!leaf.isKernel) return CRYPTO.test(leaf.symbol) ? 'crypto' : 'own';
  if (stack.some(({ symbol }) => symbol.includes('sys_sendm'))) return 'send';
  if (stack.some(({ symbol }) => symbol.includes('sys_recvm'))) return 'receive';
  return 'kernel';
}

export function printProfile(target: string, { shares, top, samples }: Profile): void {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const parts = Object.entries(shares).map(([part, share]) => `${part} ${percent(share)}`);
  console.log(`${target}, ${samples} samples: ${parts.join(', ')}`);
  for (const [symbol, share] of top) console.log(`  ${percent(share).padStart(7)} ${symbol}`);
}
