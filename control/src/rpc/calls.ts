import type { Clock } from '../clock.js';

/** What passes in a session, besides what its owner adds. */
export type CallMessage =
  | { t: 'call'; id: number; method: string; argument: unknown }
  | { t: 'answer'; id: number; result: unknown }
  | { t: 'refusal'; id: number; code: string; detail: string };

export class CallError extends Error {
  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(detail);
    this.name = 'CallError';
  }
}

export interface CallsContext {
  clock: Clock;
  post: (message: CallMessage) => void;
  /** Answers what the other side asks. @throws CallError what it is refused with. */
  serve: (method: string, argument: unknown) => Promise<unknown>;
}

interface Pending {
  resolve: (result: unknown) => void;
  reject: (error: CallError) => void;
  cancel: () => void;
}

/** Calls without an answer: more would only hide that the other side does not keep up. */
const maxPending = 10_000;

/** Requests and their answers, both ways, over messages that arrive once and in order. */
export class Calls {
  private readonly pending = new Map<number, Pending>();
  private last = 0;

  constructor(private readonly context: CallsContext) {}

  /**
   * @returns the answer. @throws CallError what the other side refused with; `node_lost` when there
   * was no answer in time, or there will be none: it may have been done.
   */
  call(method: string, argument: unknown, deadlineMs: number): Promise<unknown> {
    if (this.pending.size >= maxPending) {
      return Promise.reject(new CallError('node_lost', 'Too many calls wait for an answer.'));
    }
    this.last += 1;
    const id = this.last;
    return new Promise((resolve, reject) => {
      const cancel = this.context.clock.after(deadlineMs, () => {
        this.pending.delete(id);
        reject(new CallError('node_lost', `There was no answer within ${deadlineMs} ms.`));
      });
      this.pending.set(id, { resolve, reject, cancel });
      this.context.post({ t: 'call', id, method, argument });
    });
  }

  handle(message: CallMessage): void {
    if (message.t === 'call') {
      void this.serve(message);
      return;
    }
    const pending = this.pending.get(message.id);
    if (pending === undefined) return; // in vain: it came too late
    this.pending.delete(message.id);
    pending.cancel();
    if (message.t === 'answer') pending.resolve(message.result);
    else pending.reject(new CallError(message.code, message.detail));
  }

  /** Nobody answers any more. */
  end(): void {
    for (const { reject, cancel } of this.pending.values()) {
      cancel();
      reject(new CallError('node_lost', 'The connection is lost.'));
    }
    this.pending.clear();
  }

  private async serve({ id, method, argument }: CallMessage & { t: 'call' }): Promise<void> {
    try {
      const result = await this.context.serve(method, argument);
      this.context.post({ t: 'answer', id, result });
    } catch (error) {
      const { code = 'internal', message } = error as CallError;
      this.context.post({ t: 'refusal', id, code, detail: message });
    }
  }
}
