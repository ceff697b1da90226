/** What a process with all that it starts takes. */
import { readFileSync } from 'node:fs';
import { cpuS, descendantsOf, residentBytes, ticksPerS } from '../proc.js';

export interface ProcessCost {
  /** User and system, also of those of its children that have ended. */
  cpuS: number;
  /** Resident memory, all processes together. */
  residentBytes: number;
}

export function costOf(pid: number): ProcessCost {
  const family = [pid, ...descendantsOf(pid)];
  const times = family.map(cpuS);
  return {
    cpuS: times.reduce((sum, { own, ended }) => sum + own + ended, 0),
    residentBytes: family.reduce((sum, each) => sum + residentBytes(each), 0),
  };
}

/** What all processes of the machine took since it started, s (the first line of /proc/stat: without idle and iowait). */
export function machineCpuS(): number {
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = ticks.map(Number);
  return (user + nice + system + irq + softirq) / ticksPerS;
}
