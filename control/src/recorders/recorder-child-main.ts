/** The recorder of a single machine: a process beside the rest, which talks to nobody but its parent. */
import { mkdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { pino } from 'pino';
import { systemClock } from '../clock.js';
import type { Config } from '../config.js';
import { openLocalRecorder } from '../roles/local-recorder.js';
import { type CallMessage, Calls } from '../rpc/calls.js';
import { lockFolder } from '../store/folder-lock.js';
import { serveRecorder } from './recorder-calls.js';
import { describeMs, type ToChild, type ToParent } from './recorder-channel.js';
import type { LocalRecorder } from './recorder-client.js';

/** Behind what people hear and see just now: a recording can be a moment late. */
const niceness = 5;
/** For files to be completed. */
const closeMs = 2000;

let recorder: LocalRecorder | null = null;
let isEnding = false;
let begin: (order: Extract<ToChild, { t: 'begin' }>) => void = () => {};
const begun = new Promise<Extract<ToChild, { t: 'begin' }>>((resolve) => {
  begin = resolve;
});

function say(message: ToParent): void {
  if (process.connected) process.send?.(message, undefined, {}, () => {});
}

/** Also when the parent is gone, however it went. */
async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  setTimeout(() => process.exit(1), closeMs);
  await recorder?.close().catch(() => {});
  process.exit(0);
}

process.on('disconnect', () => void end());
process.on('SIGTERM', () => void end());
process.on('message', (message: ToChild) => {
  if (message.t === 'begin') begin(message);
  else if (message.t === 'stop') void end();
  else calls.handle(message as CallMessage);
});

const calls = new Calls({
  clock: systemClock,
  post: (message) => say(message),
  serve: async (method, argument) => {
    if (recorder === null) throw new Error('It is not ready.');
    if (method === 'stats') return recorder.stats();
    return serveRecorder(recorder, { method, argument }, log);
  },
});
let log = pino({ level: 'info' }, pino.destination(2));

setPriority(niceness);
const { recorderId, config } = await begun;
const settings = config as Config;
log = pino({ level: settings.log.level, base: { part: 'recorder' } }, pino.destination(2));
try {
  // One that a killed parent has left completes its files there first: it is begun again then.
  const { folder } = settings.recorder;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const release = lockFolder(folder);
  process.on('exit', release);
  recorder = await openLocalRecorder(settings, recorderId, log);
  const own = recorder;
  own.onEvent((event) => say({ t: 'event', event }));
  const describe = () => {
    say({ t: 'described', description: own.description() });
    systemClock.after(describeMs, describe);
  };
  describe();
} catch (error) {
  log.error({ err: error }, 'the recorder cannot start');
  say({ t: 'failed', reason: (error as Error).message });
  process.exit(1);
}
