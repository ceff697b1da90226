import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { hashProcess } from './hash-process.js';

const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const mine = 'correct horse battery staple';

t.test('hashes are made behind all else, in a session of their own', async (t) => {
  const stored = await hashProcess.hash(mine, parameters);
  t.equal(await hashProcess.verify(stored, mine), true);
  t.equal(await hashProcess.verify(stored, `${mine}!`), false);
  const pid = hashingProcessOf(process.pid);
  t.equal(statOf(`/proc/${pid}`).session, pid, 'a session');
  const tasks = readdirSync(`/proc/${pid}/task`);
  const stepped = tasks.filter((task) => statOf(`/proc/${pid}/task/${task}`).niceness === 15);
  t.ok(stepped.length >= 2, 'its event loop and the threads that hash');
  if (existsSync(`/proc/${pid}/autogroup`)) {
    t.match(readFileSync(`/proc/${pid}/autogroup`, 'utf8'), /nice 15$/m, 'the session, too');
  }
  t.equal(statOf('/proc/self').niceness, 0, 'this process as ever');
  t.notMatch(readFileSync(`/proc/${pid}/environ`, 'utf8'), 'PATH', 'and keeps its settings');
});

t.test('what cannot be hashed is told to who asked, to nobody else', async (t) => {
  const fine = hashProcess.hash(mine, parameters);
  await t.rejects(hashProcess.verify('no hash', mine), { message: 'Decoding failed' });
  t.match(await fine, /^\$argon2id\$/);
});

t.test('one that dies fails who waits; the next call begins another', async (t) => {
  await hashProcess.hash(mine, parameters);
  const first = hashingProcessOf(process.pid);
  const lost = [1, 2, 3].map(() => hashProcess.hash(mine, parameters));
  process.kill(first, 'SIGKILL');
  for (const one of await Promise.allSettled(lost)) t.equal(one.status, 'rejected');
  t.match(await hashProcess.hash(mine, parameters), /^\$argon2id\$/);
  t.not(hashingProcessOf(process.pid), first);
});

for (const how of ['SIGKILL', 'disconnect'] as const) {
  t.test(`it ends with its process: ${how}`, async (t) => {
    const child = fork(new URL('../testing/one-that-hashes.js', import.meta.url));
    await once(child, 'message');
    const hashing = hashingProcessOf(Number(child.pid));
    t.equal(isThere(hashing), true);
    const ended = once(child, 'exit');
    // Without a channel it has nothing left to do: an idle hashing process does not keep it.
    if (how === 'disconnect') child.disconnect();
    else child.kill(how);
    await ended;
    while (isThere(hashing)) await sleep(10);
  });
}

/** proc_pid_stat(5): the 4th, 6th and 19th field; the second, in brackets, may hold blanks. */
function statOf(folder: string): { parent: number; session: number; niceness: number } {
  const stat = readFileSync(`${folder}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), session: Number(fields[3]), niceness: Number(fields[16]) };
}

function hashingProcessOf(parent: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim();
  const pid = children.split(' ').find((child) => {
    return readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('hash-process-main');
  });
  if (pid === undefined) throw new Error(`${parent} has no hashing process`);
  return Number(pid);
}

/** A zombie is gone: whoever adopts it may be slow to ask for it. */
function isThere(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
