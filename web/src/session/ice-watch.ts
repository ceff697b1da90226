/**
 * Tells when a transport needs new ICE credentials: at once when ICE failed, after a moment when
 * it is only disconnected (a change of network often heals by itself).
 */

const disconnectedForMs = 4_000;
/** Two restarts are never closer: each needs an offer, an answer and some checks. */
const restartEveryMs = 5_000;

export class IceWatch {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private restartedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly connection: RTCPeerConnection,
    private readonly restart: () => void,
  ) {
    connection.addEventListener('iceconnectionstatechange', this.look);
  }

  close(): void {
    clearTimeout(this.timer);
    this.connection.removeEventListener('iceconnectionstatechange', this.look);
  }

  private readonly look = (): void => {
    clearTimeout(this.timer);
    const state = this.connection.iceConnectionState;
    if (state !== 'failed' && state !== 'disconnected') return;
    const rested = this.restartedAt + restartEveryMs - performance.now();
    const wait = Math.max(rested, state === 'failed' ? 0 : disconnectedForMs);
    this.timer = setTimeout(() => {
      this.restartedAt = performance.now();
      this.restart();
      // A restart that leads nowhere changes no state: look again by the clock.
      this.timer = setTimeout(this.look, restartEveryMs);
    }, wait);
  };
}
