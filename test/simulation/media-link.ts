import { EventEmitter } from 'node:events';
import { type LinkKeys, type LinkTrack, PlenumError } from '../../lib/index.js';
import type { MediaPublication, MediaRoom } from './media-room.js';

/** Everything is wanted everywhere. */
const demand = { top: 0, encodings: [0] };

/** One end of a link: what it was told of the other end, and what it tells. No media crosses. */
export class MediaLink extends EventEmitter {
  state: 'silent' | 'closed' = 'silent';
  readonly sent = new Map<string, LinkTrack>();
  private readonly received = new Map<string, MediaPublication>();

  constructor(
    readonly id: string,
    readonly keys: LinkKeys,
    private readonly room: MediaRoom,
  ) {
    super();
  }

  get demands(): Map<string, typeof demand> {
    return new Map([...this.received.keys()].map((id) => [id, demand]));
  }

  send(publicationId: string): LinkTrack {
    const publication = this.room.publications.get(publicationId);
    if (this.state === 'closed') throw new PlenumError('closed');
    if (publication === undefined) throw new PlenumError('unknown_publication');
    if (publication.participant.isDistant) throw new PlenumError('bad_request');
    const track = publication.track;
    this.sent.set(publicationId, track);
    return track;
  }

  setDemand(): void {}

  receive(track: LinkTrack): void {
    if (this.state === 'closed') throw new PlenumError('closed');
    const { publicationId: id, participantId, muted } = track;
    const known = this.received.get(id);
    if (known !== undefined) {
      known.setMuted(muted);
      return;
    }
    this.received.set(id, this.room.receive({ id, muted }, participantId));
  }

  end(publicationId: string, reason: string): void {
    this.received.get(publicationId)?.close(reason);
  }

  /** A publication of the room is otherwise. */
  updated({ id, track }: MediaPublication): void {
    if (!this.sent.has(id)) return;
    this.sent.set(id, track);
    this.emit('track', track);
  }

  removed(publicationId: string, reason: string): void {
    this.received.delete(publicationId);
    if (this.sent.delete(publicationId)) this.emit('ended', publicationId, reason);
  }

  close(reason = 'ended'): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    for (const publication of [...this.received.values()]) publication.close(reason);
    this.sent.clear();
    this.room.links.delete(this.id);
    this.emit('close');
  }
}
