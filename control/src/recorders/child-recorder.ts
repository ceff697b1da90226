import { type ChildProcess, fork } from 'node:child_process';
import type { FastifyBaseLogger } from 'fastify';
import type { RecorderLoad } from '../../../recorder/src/index.js';
import type { Clock } from '../clock.js';
import { NodeError } from '../nodes/node-client.js';
import { CallError, type CallMessage, Calls } from '../rpc/calls.js';
import type { ToChild, ToParent } from './recorder-channel.js';
import {
  type RecorderClient,
  type RecorderDescription,
  type RecorderEvent,
  recorderClientOf,
} from './recorder-client.js';
import type { PlacedRecorder, Recorders, RecordersListener } from './recorders.js';

export interface ChildRecorderContext {
  clock: Clock;
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>;
  recorderId: string;
  region: string;
  config: unknown;
  /** Begins the process. Default: recorder-child-main.ts. */
  begin?: () => ChildProcess;
}

/** It is begun again so soon after it ended: with the time of a start the gap stays below three seconds. */
const againMs = 300;
/** One that ends at once each time: not in a circle. */
const lastAgainMs = 10_000;
/** Who ran that long has not failed at its start. */
const provenMs = 30_000;
/** A call that is not answered by then has failed. */
const deadlineMs = 5000;
/** For it to complete its files; a little less than what stops this process. */
const stopMs = 2300;

interface Life {
  readonly process: ChildProcess;
  readonly calls: Calls;
  readonly recorder: PlacedRecorder & { load: RecorderLoad };
  readonly begunAt: number;
  isThere: boolean;
}

/**
 * The recorder of a single machine: a child process that is begun with this one, begun again whenever it
 * ends, and ends with it, however that goes. It needs no port and no enrolment: calls and events pass by the channel
 * between the two.
 */
export class ChildRecorder implements Recorders {
  private readonly listeners: RecordersListener[] = [];
  private life: Life | null = null;
  private isStopping = false;
  private pauseMs = againMs;
  private cancelAgain = () => {};

  constructor(private readonly context: ChildRecorderContext) {
    this.begin();
  }

  get all(): readonly PlacedRecorder[] {
    return this.life?.isThere ? [this.life.recorder] : [];
  }

  place({ except = [] }: { except?: readonly string[] } = {}): PlacedRecorder | null {
    const [recorder = null] = this.all;
    const isFit = recorder !== null && !except.includes(recorder.recorderId);
    return isFit && !recorder.load.isFull ? recorder : null;
  }

  find(recorderId: string): PlacedRecorder | null {
    return this.all.find((one) => one.recorderId === recorderId) ?? null;
  }

  speaksFor(recorderId: string): boolean {
    return recorderId === this.context.recorderId;
  }

  /** There is no other process. */
  decidesFor(): boolean {
    return true;
  }

  listen(listener: RecordersListener): void {
    this.listeners.push(listener);
  }

  /** Its counters; none while it is not there. */
  async stats(): Promise<Record<string, number>> {
    if (!this.life?.isThere) return {};
    return (await this.life.calls.call('stats', null, deadlineMs)) as Record<string, number>;
  }

  /** Resolves when it has completed its files and ended. */
  async stop(): Promise<void> {
    this.isStopping = true;
    this.cancelAgain();
    const child = this.life?.process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.say(child, { t: 'stop' });
    const cancel = this.context.clock.after(stopMs, () => child.kill('SIGKILL'));
    await ended;
    cancel();
  }

  private begin(): void {
    const { clock, recorderId, region, config, log } = this.context;
    const child = this.child();
    if (child === null) {
      this.later();
      return;
    }
    const calls = new Calls({
      clock,
      post: (message) => this.say(child, message),
      serve: async (method) => {
        throw new CallError('bad_request', `Control answers no ${method}.`);
      },
    });
    const client = clientOver(calls);
    const recorder = { recorderId, region, client, load: nothingKnown };
    const life: Life = {
      ...{ process: child, calls, recorder, begunAt: clock.monotonic(), isThere: false },
    };
    this.life = life;
    child.on('message', (message) => this.hear(life, message as ToParent));
    child.on('error', (err) => {
      log.error({ err }, 'the recorder does not start');
      // Nothing that could end was begun.
      if (child.pid === undefined) this.ended(life, 'error');
    });
    child.on('exit', (code, signal) => this.ended(life, signal ?? code));
    this.say(child, { t: 'begin', recorderId, config });
  }

  /** Null: the machine has no more processes, or no more of what they need. */
  private child(): ChildProcess | null {
    try {
      return (this.context.begin ?? beginChild)();
    } catch (err) {
      this.context.log.error({ err }, 'the recorder does not start');
      return null;
    }
  }

  private later(): void {
    this.cancelAgain = this.context.clock.after(this.pauseMs, () => this.begin());
    this.pauseMs = Math.min(2 * this.pauseMs, lastAgainMs);
  }

  private hear(life: Life, message: ToParent): void {
    if (this.life !== life) return;
    if (message.t === 'event') this.tell(message.event);
    else if (message.t === 'described') this.described(life, message.description);
    else if (message.t !== 'failed') life.calls.handle(message as CallMessage);
  }

  private described({ recorder }: Life, description: RecorderDescription): void {
    const { life } = this;
    if (life === null) return;
    recorder.load = description.load;
    if (!life.isThere)
      this.context.log.info({ recorder: recorder.recorderId }, 'a recorder is there');
    life.isThere = true;
    for (const listener of this.listeners) listener.described(recorder, description);
  }

  private tell(event: RecorderEvent): void {
    for (const listener of this.listeners) listener.event(this.context.recorderId, event);
  }

  private ended(life: Life, how: string | number | null): void {
    life.calls.end();
    if (this.life !== life) return;
    const { clock, log, recorderId } = this.context;
    this.life = null;
    if (life.isThere) for (const listener of this.listeners) listener.lost(recorderId);
    if (this.isStopping) return;
    log.warn({ how }, 'the recorder has ended: it is begun again');
    if (life.isThere || clock.monotonic() - life.begunAt > provenMs) this.pauseMs = againMs;
    this.later();
  }

  private say(child: ChildProcess, message: ToChild): void {
    if (child.connected) child.send(message, () => {}); // it has ended: that is heard of
  }
}

/** In a session of its own: what stops the rest from a terminal does not stop it before its time. */
function beginChild(): ChildProcess {
  return fork(new URL('./recorder-child-main.js', import.meta.url), {
    detached: true,
    execArgv: process.execArgv.filter((one) => !one.startsWith('--inspect')),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

function clientOver(calls: Calls): RecorderClient {
  return recorderClientOf(
    async (method, argument) => {
      try {
        return await calls.call(method, argument, deadlineMs);
      } catch (error) {
        if (error instanceof CallError) throw new NodeError(error.code, error.message);
        throw error;
      }
    },
    () => {},
  );
}

const nothingKnown: RecorderLoad = {
  ...{ stress: 0, isFull: true, recordings: 0, tracks: 0, renders: 0, renderSlots: 0 },
  ...{ diskFreeBytes: 0, diskState: 'ok' },
};
