/** What a hashing thread runs: one work at a time, behind everything else that the machine has to do. */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import type { HashWork } from './hash-threads.js';

/**
 * Beside a thread of niceness 0 it has a thirtieth of a core (sched(7)): media and requests do not wait
 * for logins, and where nothing is idle some logins in a second still get on.
 */
const niceness = 15;

/** Linux takes a thread's id where POSIX has a process (setpriority(2), NOTES). */
function stepBack(): void {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), niceness);
  } catch {
    // Without /proc it hashes as all else runs.
  }
}

function done(work: HashWork): string | boolean {
  return work.kind === 'hash'
    ? hashSync(work.password, work.parameters)
    : verifySync(work.against, work.password);
}

stepBack();
parentPort?.on('message', (work: HashWork) => parentPort?.postMessage(done(work)));
