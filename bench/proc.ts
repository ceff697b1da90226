/** Processes as Linux tells of them: proc(5). */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, the same on every Linux that Node runs on. */
export const ticksPerS = 100;

/** Of /proc/PID/stat, counted from the field behind the name. */
const at = { parent: 1, utime: 11, stime: 12, cutime: 13, cstime: 14 };

/** User and system time, seconds; `ended`: of those of its children that were waited for. 0 for one that has ended. */
export function cpuS(pid: number): { own: number; ended: number } {
  const fields = statOf(pid);
  const [own = 0, system = 0, ended = 0, endedSystem = 0] = [
    ...[at.utime, at.stime, at.cutime, at.cstime],
  ].map((index) => Number(fields[index] ?? 0) / ticksPerS);
  return { own: own + system, ended: ended + endedSystem };
}

/** Resident memory, bytes; 0 for one that has ended. */
export function residentBytes(pid: number): number {
  const [, kib = 0] = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`)) ?? [];
  return Number(kib) * 1024;
}

/** `comm`; empty for one that has ended. */
export function nameOf(pid: number): string {
  return read(`/proc/${pid}/comm`).trim();
}

export function childrenOf(pid: number): number[] {
  return [...parents()].filter(([, parent]) => parent === pid).map(([child]) => child);
}

export function descendantsOf(pid: number): number[] {
  const all = parents();
  const found: number[] = [];
  for (const known = [pid]; known.length > 0; ) {
    const next = known.shift();
    for (const [each, parent] of all) {
      if (parent !== next) continue;
      found.push(each);
      known.push(each);
    }
  }
  return found;
}

function parents(): Map<number, number> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(pids.map((name) => [Number(name), Number(statOf(Number(name))[at.parent])]));
}

function statOf(pid: number): string[] {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended.
    return '';
  }
}
