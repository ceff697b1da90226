/**
 * A network namespace whose only way to this machine is a link of a set rate: `tc tbf` with a queue
 * of 300 ms towards it, nothing on the way back. Needs root; everything made here ends with close().
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

export interface LimitedLink {
  /** This machine as seen from the namespace. */
  readonly address: string;
  /** The namespace as seen from this machine. */
  readonly farAddress: string;
  /** A program that starts `program` inside the namespace. */
  wrapper(program: string): string;
  setRate(kbps: number): void;
  close(): void;
}

/** One packet: what a fuller bucket lets through at once looks like a faster link to a short probe. */
const bucket = '1600b';
/** RFC 8867: the drop-tail queue of its test cases, ms. */
const queueMs = 300;

/** `overheadBytes`: what each packet takes of the rate beyond its Ethernet frame. */
export function openLimitedLink(kbps: number, overheadBytes = 0): LimitedLink {
  if (process.getuid?.() !== 0) throw new Error('a network namespace needs root');
  const name = `plenum-${process.pid}`;
  const [near, far] = [`pln${process.pid % 10_000}a`, `pln${process.pid % 10_000}b`];
  const subnet = `10.${200 + (process.pid % 50)}.${process.pid % 250}`;
  const folder = mkdtempSync(join(tmpdir(), 'plenum-link-'));
  // The path of a root that came by plain `su` lacks sbin, where tc lies.
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const ip = (...argv: string[]) => execFileSync('ip', argv, { stdio: 'pipe', env });
  const setTbf = (verb: string, rate: number) => {
    const limit = ['rate', `${rate}kbit`, 'burst', bucket, 'latency', `${queueMs}ms`];
    const argv = ['qdisc', verb, 'dev', near, 'root', 'tbf', ...limit];
    execFileSync('tc', [...argv, 'overhead', `${overheadBytes}`], { stdio: 'pipe', env });
  };
  ip('netns', 'add', name);
  try {
    ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', name);
    ip('address', 'add', `${subnet}.1/24`, 'dev', near);
    ip('link', 'set', near, 'up');
    ip('-n', name, 'address', 'add', `${subnet}.2/24`, 'dev', far);
    ip('-n', name, 'link', 'set', far, 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    setTbf('add', kbps);
  } catch (error) {
    // With it goes the pair of interfaces.
    ip('netns', 'delete', name);
    throw error;
  }
  return {
    address: `${subnet}.1`,
    farAddress: `${subnet}.2`,
    wrapper: (program) => {
      const path = join(folder, `inside-${basename(program)}`);
      writeFileSync(path, `#!/bin/sh\nexec ip netns exec ${name} ${program} "$@"\n`);
      chmodSync(path, 0o755);
      return path;
    },
    setRate: (rate) => setTbf('change', rate),
    close: () => {
      ip('link', 'delete', near);
      ip('netns', 'delete', name);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
