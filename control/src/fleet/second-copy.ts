import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock.js';
import type { SecondKeep } from '../domains/rooms/service.js';
import type { ControlRecord } from './controls-table.js';

/** What one process asks another about what was kept, by path. */
export type KeptCall = '/kept' | '/kept/clear' | '/kept/settle';

export interface SecondCopyContext {
  clock: Clock;
  log: Pick<FastifyBaseLogger, 'warn'>;
  /** Other processes that answer. */
  others: () => readonly ControlRecord[];
  /** Those that leave as well: they have what they have until they are gone. */
  present: () => readonly ControlRecord[];
  /** Rejects when it is not done there, or nothing is said of it. */
  call: (to: ControlRecord, call: KeptCall, body: Buffer) => Promise<void>;
}

interface Waiting {
  bytes: Buffer;
  resolve: (isCopied: boolean) => void;
}

/** One that failed is not asked again for so long: everybody would wait for it. */
const avoidedMs = 5000;
/** Processes that are gone, and of which it is known who was asked. */
const maxAsked = 1000;

/** A copy of what this process keeps, at one other process: at another when that one fails. */
export class SecondCopy implements SecondKeep {
  private holder: string | null = null;
  private waiting: Waiting[] = [];
  private isSending = false;
  /** Until when, by process. */
  private readonly avoided = new Map<string, number>();
  /** By process that is gone: who was asked to write what it left, once for all its rooms. */
  private readonly asked = new Map<string, Map<string, Promise<void>>>();

  constructor(private readonly context: SecondCopyContext) {}

  /** What comes while one copy is under way goes with the next. */
  add(bytes: Buffer, all: () => Promise<Buffer>): Promise<boolean> {
    return new Promise((resolve) => {
      this.waiting.push({ bytes, resolve });
      if (!this.isSending) void this.sendAll(all);
    });
  }

  clear(): void {
    const holder = this.context.others().find(({ controlId }) => controlId === this.holder);
    this.holder = null;
    // Kept for nothing otherwise, until that process starts anew.
    if (holder !== undefined) {
      this.context.call(holder, '/kept/clear', Buffer.alloc(0)).catch(() => {});
    }
  }

  async settle(controlId: string): Promise<boolean> {
    const { others, present, log } = this.context;
    const all = present();
    const outcomes = await Promise.allSettled(all.map((other) => this.ask(other, controlId)));
    const silent = all.filter((_, n) => outcomes[n]?.status === 'rejected');
    if (silent.length === 0) return true;
    const ids = silent.map((one) => one.controlId);
    log.warn({ control: controlId, silent: ids }, 'not all have written what that process left');
    // Those that cannot be heard any more are not waited for: a cut may last.
    return !others().some((one) => ids.includes(one.controlId));
  }

  /** That process is gone, once more maybe: what it has left by now nobody was asked for. */
  left(controlId: string): void {
    this.asked.delete(controlId);
  }

  private ask(other: ControlRecord, controlId: string): Promise<void> {
    const asked = this.asked.get(controlId) ?? new Map<string, Promise<void>>();
    const before = asked.get(other.controlId);
    if (before !== undefined) return before;
    if (this.asked.size >= maxAsked) this.asked.clear();
    this.asked.set(controlId, asked);
    const call = this.context.call(other, '/kept/settle', Buffer.from(controlId));
    asked.set(other.controlId, call);
    call.catch(() => asked.delete(other.controlId));
    return call;
  }

  private async sendAll(all: () => Promise<Buffer>): Promise<void> {
    this.isSending = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0);
      const isCopied = await this.send(Buffer.concat(batch.map(({ bytes }) => bytes)), all);
      for (const { resolve } of batch) resolve(isCopied);
    }
    this.isSending = false;
  }

  private async send(bytes: Buffer, all: () => Promise<Buffer>): Promise<boolean> {
    for (;;) {
      const to = this.choose();
      if (to === null) return false;
      try {
        const isNew = to.controlId !== this.holder;
        await this.context.call(to, '/kept', isNew ? await all() : bytes);
        this.holder = to.controlId;
        return true;
      } catch (err) {
        this.context.log.warn({ err, control: to.controlId }, 'no copy of what is kept there');
        this.avoided.set(to.controlId, this.context.clock.monotonic() + avoidedMs);
      }
    }
  }

  /** The one that has a copy, while it answers. */
  private choose(): ControlRecord | null {
    const now = this.context.clock.monotonic();
    const fit = this.context
      .others()
      .filter(({ controlId }) => (this.avoided.get(controlId) ?? 0) <= now);
    return fit.find(({ controlId }) => controlId === this.holder) ?? fit[0] ?? null;
  }
}
