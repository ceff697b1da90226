import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
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
  process.kill(first, 'SIGSTOP');
  const lost = [1, 2, 3].map(() => hashProcess.hash(mine, parameters));
  process.kill(first, 'SIGKILL');
  for (const one of await Promise.allSettled(lost)) t.equal(one.status, 'rejected');
  t.match(await hashProcess.hash(mine, parameters), /^\$argon2id\$/);
  t.not(hashingProcessOf(process.pid), first);
});

for (const how of ['SIGKILL', 'disconnect'] as const) {
  t.test(`it ends with its process: ${how}`, async (t) => {
    const child = await oneThatHashed();
    t.ok(hashingProcessOf(Number(child.pid)));
    const ended = bothEnded(child);
    // Without a channel it has nothing left to do: an idle hashing process does not keep it.
    if (how === 'disconnect') child.disconnect();
    else child.kill(how);
    await ended;
  });
}

t.test('of a server that is further back it stays there', async (t) => {
  const child = await oneThatHashed('nice', '-n', '19');
  const hashing = hashingProcessOf(Number(child.pid));
  t.equal(statOf(`/proc/${hashing}`).niceness, 19);
  const ended = bothEnded(child);
  child.disconnect();
  await ended;
});

/** @param through a command that becomes it. */
async function oneThatHashed(...through: string[]): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('../testing/one-that-hashes.js', import.meta.url));
  const [command = '', ...given] = [...through, process.execPath, script];
  const child = spawn(command, given, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  await once(child, 'message');
  return child;
}

/** That is when nobody holds the pipe any more that is the stderr of it and of its hashing process. */
async function bothEnded({ stderr }: ChildProcess): Promise<void> {
  if (stderr !== null) await once(stderr.resume(), 'end');
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
