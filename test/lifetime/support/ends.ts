/**
 * Ways in which an environment ends while engines run, by the name in argv[2] or workerData. Run as
 * a child process or as a worker.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createNativeEngine } from '../../../lib/engine/native-engine.js';
import { realConfig, startBusyEngine } from './running-engine.js';

const ends: Record<string, () => void> = {
  /** Nothing else to do: an idle engine keeps no process alive. */
  idle: () => {
    createNativeEngine(realConfig).onEvents(() => {});
  },
  /** The answers to the batches arrive before the process ends by itself. */
  answered: () => {
    let bytes = 0;
    startBusyEngine((events) => {
      bytes += events.length;
    });
    process.once('exit', () => {
      if (bytes === 0) process.exitCode = 3;
    });
  },
  exit: () => {
    startBusyEngine();
    process.exit(0);
  },
  'exit-in-listener': () => {
    startBusyEngine(() => process.exit(0));
  },
  'close-in-listener': () => {
    const engine = startBusyEngine(() => engine.close());
  },
  'throw-in-listener': () => {
    process.once('uncaughtException', (error) => {
      if (error.message !== 'from the listener') process.exit(4);
      process.exit(0);
    });
    startBusyEngine(() => {
      throw new Error('from the listener');
    });
  },
  /** The worker says when its engine runs, then waits to be ended from outside. */
  'wait-busy': () => {
    startBusyEngine();
    parentPort?.postMessage('running');
    parentPort?.on('message', () => {});
  },
  'worker-runs-on': () => {
    startBusyEngine();
    const worker = new Worker(new URL(import.meta.url), { workerData: 'wait-busy' });
    worker.once('message', () => process.exit(0));
  },
};

const name = isMainThread ? process.argv[2] : workerData;
const end = ends[name];
if (!end) throw new Error(`no such end: ${name}`);
end();
