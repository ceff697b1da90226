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
  /** Rejects soon when it is not done there. */
  call: (to: ControlRecord, call: KeptCall, body: Buffer) => Promise<void>;
}

interface Waiting {
  bytes: Buffer;
  resolve: (isCopied: boolean) => void;
}

/** One that failed is not asked again for so long: everybody would wait for it. */
const avoidedMs = 5000;
/** Processes that were settled and are gone: asked once for all their rooms. */
const maxSettled = 1000;

/** A copy of what this process keeps, at one other process: at another when that one fails. */
export class SecondCopy implements SecondKeep {
  private holder: string | null = null;
  private waiting: Waiting[] = [];
  private isSending = false;
  /** Until when, by process. */
  private readonly avoided = new Map<string, number>();
  private readonly settledOf = new Set<string>();

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

  async settle(controlId: string): Promise<void> {
    if (this.settledOf.has(controlId)) return;
    const body = Buffer.from(controlId);
    const asked = this.context.others().map(async (other) => {
      await this.context.call(other, '/kept/settle', body);
    });
    const outcomes = await Promise.allSettled(asked);
    if (outcomes.some(({ status }) => status === 'rejected')) {
      this.context.log.warn({ control: controlId }, 'not all were asked what that process left');
      return;
    }
    if (this.settledOf.size >= maxSettled) this.settledOf.clear();
    this.settledOf.add(controlId);
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
