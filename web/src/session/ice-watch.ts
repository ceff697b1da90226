/**
 * Tells when a transport needs new ICE credentials: at once when ICE failed, after a moment when
 * it is only disconnected (a change of network often heals by itself).
 */
import type { Timers } from '../../../client/src/index.js';

const disconnectedForMs = 4_000;
/** From the answer to a restart to the next restart: it needs some checks. */
const restMs = 5_000;

export class IceWatch {
  private isAsking = false;
  private restsUntil = Number.NEGATIVE_INFINITY;
  private closed = false;
  private cancel = () => {};

  /** `restart` resolves when the server has answered it, or refused: until then there is no other. */
  constructor(
    private readonly connection: RTCPeerConnection,
    private readonly timers: Timers,
    private readonly restart: () => Promise<void>,
  ) {
    connection.addEventListener('iceconnectionstatechange', this.look);
  }

  close(): void {
    this.closed = true;
    this.cancel();
    this.connection.removeEventListener('iceconnectionstatechange', this.look);
  }

  private readonly look = (): void => {
    this.cancel();
    const state = this.connection.iceConnectionState;
    if (this.isAsking || (state !== 'failed' && state !== 'disconnected')) return;
    const rest = this.restsUntil - this.timers.now();
    const wait = Math.max(rest, state === 'failed' ? 0 : disconnectedForMs);
    this.cancel = this.timers.after(wait, () => void this.ask());
  };

  private async ask(): Promise<void> {
    this.isAsking = true;
    await this.restart();
    this.isAsking = false;
    this.restsUntil = this.timers.now() + restMs;
    // A restart that leads nowhere changes no state: look again by the clock.
    if (!this.closed) this.look();
  }
}
