import type { Clock } from '../../clock.js';
import type { Seat } from './seat.js';

/** A meeting without any host there for this long gets another one. */
export const hostGoneMs = 90_000;

/**
 * Keeps a room from being without a host: when the last one is gone for 90 s, the co-host who is
 * there longest becomes host.
 */
export class Succession {
  private cancel: (() => void) | null = null;

  constructor(
    private readonly clock: Clock,
    private readonly seats: () => Iterable<Seat>,
    private readonly promote: (seat: Seat) => void,
  ) {}

  /** After anybody came, went, was cut off, returned or got another role. */
  review(): void {
    const present = [...this.seats()].filter((seat) => seat.isConnected);
    const roles = present.map((seat) => seat.participant.role);
    if (roles.includes('host') || !roles.includes('co_host')) {
      this.close();
      return;
    }
    this.cancel ??= this.clock.after(hostGoneMs, () => {
      this.cancel = null;
      const heir = this.heir();
      if (heir !== undefined) this.promote(heir);
    });
  }

  private heir(): Seat | undefined {
    return [...this.seats()]
      .filter((seat) => seat.isConnected && seat.participant.role === 'co_host')
      .sort((a, b) => (a.participant.joined_at < b.participant.joined_at ? -1 : 1))[0];
  }

  close(): void {
    this.cancel?.();
    this.cancel = null;
  }
}
