import type { Clock } from '../../clock.js';
import type { NodeEvent } from '../../nodes/node-client.js';
import type { Grants, Participant } from '../../schemas/values.js';
import { Seat } from './seat.js';

type TransportState = Extract<NodeEvent, { type: 'transport_state' }>['state'];

/** The key that let an endpoint in. */
export interface EndpointKey {
  ingestKeyId: string;
  secretHash: Buffer;
  /** What a block holds on to: the same for all endpoints of the key. SHA-256, hex. */
  deviceHash: string;
}

export interface EndpointWiring {
  /** Tells the room of it; resolves when that is durable. */
  announce: () => Promise<void>;
  /** Its client is there. */
  connected: () => void;
  /** Its client is gone. */
  lost: () => void;
}

/** The place of a program that came by WHIP or WHEP. Nobody listens there: no socket, no events. */
export class EndpointSeat extends Seat {
  readonly direction: 'publish' | 'subscribe';
  /** Names the ICE session; a restart gives another (RFC 9725 §4.3.1). */
  etag: string;
  private announced: Promise<void> | null = null;

  constructor(
    participant: Participant,
    grants: Grants,
    readonly key: EndpointKey,
    clock: Clock,
    etag: string,
    private readonly wiring: EndpointWiring,
  ) {
    const { deviceHash, ingestKeyId } = key;
    super(participant, grants, { userId: null, inviteId: null, deviceHash, ingestKeyId }, clock);
    this.direction = participant.kind === 'whip' ? 'publish' : 'subscribe';
    this.etag = etag;
  }

  override get welcomed(): boolean {
    return true;
  }

  /** Once, however often it is called: before its publications, or else with its answer. */
  announce(): Promise<void> {
    if (this.announced !== null) return this.announced;
    // Whoever is told of it in this very turn finds it there.
    this.setAnnounced();
    this.announced = this.wiring.announce();
    return this.announced;
  }

  transportIs(state: TransportState): void {
    if (state === 'connecting' || !this.isAnnounced) return;
    if (state === 'connected') this.wiring.connected();
    else this.wiring.lost();
  }

  override emit(): void {}

  override tell(): void {}

  override whisper(): boolean {
    return false;
  }
}
