import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { startBusyEngine } from './support/running-engine.js';

const ends = new URL('./support/ends.js', import.meta.url);

interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

function runProcess(end: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const args = [fileURLToPath(ends), end];
    // tap loads its own hooks into children through NODE_OPTIONS: this is about ours alone.
    const env = { ...process.env, NODE_OPTIONS: '' };
    const child = execFile(process.execPath, args, { env, timeout: 30_000 }, (_, _out, stderr) =>
      resolve({ code: child.exitCode, signal: child.signalCode, stderr }),
    );
  });
}

const processEnds = [
  'idle',
  'answered',
  'exit',
  'exit-in-listener',
  'close-in-listener',
  'throw-in-listener',
  'worker-runs-on',
];
for (const end of processEnds) {
  t.test(`a process ends quietly: ${end}`, async (t) => {
    t.strictSame(await runProcess(end), { code: 0, signal: null, stderr: '' });
  });
}

for (const end of ['idle', 'answered', 'exit', 'exit-in-listener', 'close-in-listener']) {
  t.test(`a worker ends quietly: ${end}`, async (t) => {
    const worker = new Worker(ends, { workerData: end });
    const [code] = await once(worker, 'exit');
    t.equal(code, 0);
  });
}

t.test('a worker is terminated while its engine runs', async (t) => {
  for (let round = 0; round < 3; round++) {
    const worker = new Worker(ends, { workerData: 'wait-busy' });
    await once(worker, 'message');
    t.equal(await worker.terminate(), 1);
  }
});

t.test('engines of several environments do not touch each other', async (t) => {
  const answered = new Promise<void>((resolve) => {
    const engine = startBusyEngine(() => resolve());
    t.teardown(() => engine.close());
  });
  const workers = Array.from({ length: 4 }, () => new Worker(ends, { workerData: 'wait-busy' }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  await Promise.all(workers.map((worker) => worker.terminate()));
  await answered;
});
