import { EventEmitter } from 'node:events';
import { type LinkKeys, type LinkTrack, PlenumError } from '../../lib/index.js';
import { MediaLink } from './media-link.js';

interface Publisher {
  readonly id: string;
  /** At another node: it comes over a link. */
  readonly isDistant: boolean;
  readonly publications?: Map<string, MediaPublication>;
}

/** A microphone: who has it, and whether it is on. */
export class MediaPublication {
  readonly id: string;
  readonly cid = 'microphone';
  readonly kind = 'audio';
  readonly source = 'microphone';
  readonly codec = 'opus';
  readonly layers = [];
  readonly demand = [];
  muted: boolean;

  /** @throws PlenumError `conflict`: there is another one of this id. */
  constructor(
    private readonly room: MediaRoom,
    { id, muted }: { id: string; muted: boolean },
    readonly participant: Publisher,
  ) {
    if (room.publications.has(id)) throw new PlenumError('conflict');
    this.id = id;
    this.muted = muted;
  }

  /** What a link tells of it. */
  get track(): LinkTrack {
    const { id: publicationId, cid, kind, source, muted, codec } = this;
    const participantId = this.participant.id;
    const streams = { codecs: [], encodings: [], layers: [] };
    return { publicationId, participantId, cid, kind, source, muted, codec, ...streams };
  }

  setMuted(muted: boolean): void {
    if (muted === this.muted) return;
    this.muted = muted;
    this.room.emit('publicationUpdated', this);
    for (const link of this.room.links.values()) link.updated(this);
  }

  close(reason = 'removed'): void {
    if (this.room.publications.get(this.id) !== this) return;
    this.room.publications.delete(this.id);
    this.participant.publications?.delete(this.id);
    for (const link of [...this.room.links.values()]) link.removed(this.id, reason);
    this.room.emit('publicationRemoved', this, reason);
  }
}

class MediaParticipant extends EventEmitter implements Publisher {
  readonly isDistant = false;
  readonly publications = new Map<string, MediaPublication>();
  readonly subscriptions = new Map<string, never>();
  readonly subscribeTransport = Object.assign(new EventEmitter(), {
    ...{ isNegotiated: false, resync: () => {} },
  });
  readonly publishTransport = Object.assign(new EventEmitter(), {
    isNegotiated: false,
    answer: async ({ tracks }: { tracks: Declared[] }) => {
      this.publishTransport.isNegotiated = true;
      const publications = tracks.map((track) => ({
        ...{ cid: track.cid, mid: track.mid, publication: this.publish(track) },
      }));
      return { sdp: '', publications };
    },
  });

  constructor(
    readonly id: string,
    private readonly room: MediaRoom,
  ) {
    super();
  }

  close(reason = 'left'): void {
    if (!this.room.participants.delete(this.id)) return;
    for (const publication of [...this.publications.values()]) publication.close(reason);
  }

  /** Offered again it is the same one. */
  private publish({ id, muted }: Declared): MediaPublication {
    const [known] = this.publications.values();
    if (known !== undefined) return known;
    const publication = new MediaPublication(
      this.room,
      { id: id ?? this.room.newId(), muted },
      this,
    );
    this.publications.set(publication.id, publication);
    this.room.add(publication);
    return publication;
  }
}

interface Declared {
  mid: string;
  cid: string;
  muted: boolean;
  id?: string;
}

/** Who is in a room of the library, what they publish, and what comes from other nodes; nothing flows. */
export class MediaRoom extends EventEmitter {
  readonly participants = new Map<string, MediaParticipant>();
  readonly publications = new Map<string, MediaPublication>();
  readonly links = new Map<string, MediaLink>();
  readonly linkAddresses = [{ address: '192.0.2.1', port: 1 }];

  constructor(
    readonly id: string,
    readonly newId: () => string,
    private readonly closed: () => void,
  ) {
    super();
  }

  addParticipant({ id }: { id: string }): MediaParticipant {
    if (this.participants.has(id)) throw new PlenumError('conflict');
    const participant = new MediaParticipant(id, this);
    this.participants.set(id, participant);
    return participant;
  }

  async openLink({ id, keys }: { id: string; keys: LinkKeys }): Promise<MediaLink> {
    if (this.links.has(id)) throw new PlenumError('conflict');
    const link = new MediaLink(id, keys, this);
    this.links.set(id, link);
    return link;
  }

  /** Over a link. @throws PlenumError `conflict`. */
  receive(told: { id: string; muted: boolean }, participantId: string): MediaPublication {
    const publication = new MediaPublication(this, told, { id: participantId, isDistant: true });
    this.add(publication);
    return publication;
  }

  add(publication: MediaPublication): void {
    this.publications.set(publication.id, publication);
    this.emit('publicationAdded', publication);
  }

  checkCapacity(): void {}

  close(): void {
    for (const participant of [...this.participants.values()]) participant.close('room_closed');
    for (const link of [...this.links.values()]) link.close('room_closed');
    this.closed();
  }
}
