import { X509Certificate } from 'node:crypto';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock.js';

export interface CertificateRenewalContext {
  clock: Clock;
  log: Pick<FastifyBaseLogger, 'warn'>;
  random: () => number;
  /** The one that is shown now, PEM. */
  certificate: () => string;
  /** Asks a control process for the next one, if any is in contact. */
  ask: () => void;
}

const hourMs = 3600 * 1000;
const dayMs = 24 * hourMs;
/** Also the time between two tries. No timer of Node's lasts as long as a certificate. */
const lookMs = hourMs;
/** Of its life; half of `spread` more or less, so that nodes enrolled together ask one by one. */
const askAfter = 2 / 3;
const spread = 0.04;
/** A certificate that nobody renews by then needs an operator. */
const warnDays = 14;

/** Asks for a node's next certificate when two thirds of the present one's life are over. */
export class CertificateRenewal {
  private readonly askAfter: number;
  private cancelLook = () => {};

  constructor(private readonly context: CertificateRenewalContext) {
    this.askAfter = askAfter + spread * (context.random() - 0.5);
    this.look();
  }

  get daysLeft(): number {
    return (this.validity().until - this.context.clock.now()) / dayMs;
  }

  stop(): void {
    this.cancelLook();
  }

  private look(): void {
    const { clock, log, ask } = this.context;
    const { from, until } = this.validity();
    if (clock.now() >= from + this.askAfter * (until - from)) {
      const daysLeft = Math.floor(this.daysLeft);
      if (daysLeft < warnDays) log.warn({ daysLeft }, 'the certificate of this node runs out');
      ask();
    }
    this.cancelLook = clock.after(lookMs, () => this.look());
  }

  private validity(): { from: number; until: number } {
    const { validFromDate, validToDate } = new X509Certificate(this.context.certificate());
    return { from: validFromDate.getTime(), until: validToDate.getTime() };
  }
}
