/** What a process with all that it starts takes: Linux, proc(5). */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, the same on every Linux that Node runs on. */
const ticksPerS = 100;

/** Of /proc/PID/stat, counted from the field behind the name. */
const at = { parent: 1, utime: 11, stime: 12, cutime: 13, cstime: 14 };

export interface ProcessCost {
  /** User and system, also of those of its children that have ended. */
  cpuS: number;
  /** Resident memory, all processes together. */
  residentBytes: number;
}

export function costOf(pid: number): ProcessCost {
  const family = [pid, ...descendantsOf(pid)];
  const ticks = family.flatMap((each) => {
    const fields = statOf(each);
    return [at.utime, at.stime, at.cutime, at.cstime].map((index) => Number(fields[index] ?? 0));
  });
  return {
    cpuS: ticks.reduce((sum, one) => sum + one, 0) / ticksPerS,
    residentBytes: family.reduce((sum, each) => sum + residentOf(each), 0),
  };
}

/** What all processes of the machine took since it started, s (the first line of /proc/stat: without idle and iowait). */
export function machineCpuS(): number {
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = ticks.map(Number);
  return (user + nice + system + irq + softirq) / ticksPerS;
}

function descendantsOf(pid: number): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parents = new Map(
    pids.map((name) => [Number(name), Number(statOf(Number(name))[at.parent])]),
  );
  const found: number[] = [];
  for (const known = [pid]; known.length > 0; ) {
    const next = known.shift();
    for (const [each, parent] of parents) {
      if (parent !== next) continue;
      found.push(each);
      known.push(each);
    }
  }
  return found;
}

function statOf(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It has ended.
    return [];
  }
}

function residentOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
