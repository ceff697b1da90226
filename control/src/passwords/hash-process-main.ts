/** What the hashing process runs, behind everything else that the machine has to do; it ends with its parent. */
import { writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import type { Done, HashWork } from './hash-process.js';

/**
 * Beside a thread of niceness 0 it has a thirtieth of a core (sched(7)): media and requests do not wait
 * for logins, and where nothing is idle some logins in a second still get on.
 */
const niceness = 15;

/**
 * For the threads that are begun after this, and for the session, which Linux weighs against other
 * sessions as one, whatever its threads say of themselves (sched(7), "The autogroup feature").
 */
function stepBack(): void {
  // A server that is further back already has no leave to come forward.
  const wanted = Math.max(niceness, getPriority());
  try {
    setPriority(wanted);
    writeFileSync('/proc/self/autogroup', String(wanted));
  } catch {
    // A kernel without autogroups weighs threads; who may do neither hashes as all else runs.
  }
}

async function done({ id, ...work }: HashWork): Promise<Done> {
  try {
    const { password } = work;
    return work.kind === 'hash'
      ? { id, result: await hash(password, work.parameters) }
      : { id, result: await verify(work.against, password) };
  } catch (error) {
    return { id, error: (error as Error).message };
  }
}

stepBack();
process.on('message', async (work: HashWork) => process.send?.(await done(work)));
process.on('disconnect', () => process.exit());
