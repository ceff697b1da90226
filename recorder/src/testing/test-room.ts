/** A room whose publications and packets a test makes. */
import { EventEmitter } from 'node:events';
import type { TrackSource } from '../manifest/lines.js';
import type { TappedPacket, TappedPublication, TappedRoom, TappedTrack } from '../tapped.js';

interface TapEvents {
  packets: [readonly TappedPacket[]];
  close: [];
}

export class TestTap extends EventEmitter<TapEvents> implements TappedTrack {
  dropped = 0;
  keyFramesAsked = 0;
  isClosed = false;

  requestKeyFrame(): void {
    this.keyFramesAsked++;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.emit('close');
  }
}

interface RoomEvents {
  publicationAdded: [TappedPublication];
  publicationUpdated: [TappedPublication];
  publicationRemoved: [TappedPublication, string];
  close: [];
}

export class TestRoom extends EventEmitter<RoomEvents> implements TappedRoom {
  readonly id: string;
  readonly publications = new Map<string, TappedPublication>();
  readonly taps = new Map<string, TestTap>();

  constructor(id = '0198c0de-0000-7000-8000-000000000001') {
    super();
    this.id = id;
  }

  tap(publicationId: string): TestTap {
    if (!this.publications.has(publicationId)) throw new Error('not_found');
    const tap = new TestTap();
    this.taps.set(publicationId, tap);
    return tap;
  }

  publish(id: string, source: TrackSource, participant = 'anna', muted = false): void {
    const kind = source === 'microphone' || source === 'screen_audio' ? 'audio' : 'video';
    const publication = {
      id,
      participant: { id: participant },
      kind,
      source,
      muted,
    } as const;
    this.publications.set(id, publication);
    this.emit('publicationAdded', publication);
  }

  setMuted(id: string, muted: boolean): void {
    const before = this.publications.get(id);
    if (!before) return;
    const publication = { ...before, muted };
    this.publications.set(id, publication);
    this.emit('publicationUpdated', publication);
  }

  unpublish(id: string, reason = 'removed'): void {
    const publication = this.publications.get(id);
    if (!publication) return;
    this.publications.delete(id);
    this.emit('publicationRemoved', publication, reason);
    this.taps.get(id)?.close();
  }

  send(id: string, packets: readonly TappedPacket[]): void {
    if (packets.length > 0) this.taps.get(id)?.emit('packets', packets);
  }
}
