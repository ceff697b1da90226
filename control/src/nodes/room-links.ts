import type { LinkTrack, RemovalReason, Room, RoomLink } from '../../../lib/index.js';
import { attempt } from './attempt.js';
import type { LinkEnd, LinkWord, LinkTrack as Told } from './node-client.js';

interface Open {
  link: RoomLink;
  /** Publications that are there already, over another link which is about to end. */
  readonly waiting: Map<string, LinkTrack>;
}

/** The engine was asked for it. */
interface Opening {
  readonly done: Promise<void>;
  /** False: it is closed as soon as it is there. */
  isWanted: boolean;
}

export interface RoomLinksListener {
  /** For the other end. */
  said: (linkId: string, word: LinkWord) => void;
  /** Something is not carried, and nobody has asked for it who could be told. */
  failed: (error: unknown) => void;
}

/**
 * The links of one room at its node: all that is published here goes over each of them, and what
 * comes over one that is here already over another one takes its place when that has ended.
 */
export class RoomLinks {
  private readonly opened = new Map<string, Open>();
  private readonly opening = new Map<string, Opening>();

  constructor(
    private readonly room: Room,
    private readonly listener: RoomLinksListener,
  ) {}

  /** Of all that there are, and of those that are about to be there: whoever asks may have to close them. */
  async ids(): Promise<string[]> {
    await Promise.allSettled([...this.opening.values()].map(({ done }) => done));
    return [...this.opened.keys()];
  }

  /** Opened again under the same id it is the same one. @throws PlenumError of the library. */
  async open(end: LinkEnd): Promise<void> {
    const { linkId } = end;
    if (this.opened.has(linkId)) return;
    const under = this.opening.get(linkId);
    if (under !== undefined) return under.done;
    const done = this.begin(end).finally(() => this.opening.delete(linkId));
    this.opening.set(linkId, { done, isWanted: true });
    await done;
  }

  /** Also one that is just being opened: that never carries anything. */
  close(linkId: string): void {
    const opening = this.opening.get(linkId);
    if (opening !== undefined) opening.isWanted = false;
    this.opened.get(linkId)?.link.close();
  }

  /** Something is published here. */
  added(publicationId: string): void {
    const { failed } = this.listener;
    for (const [linkId, { link }] of this.opened) {
      attempt(() => this.offer(linkId, link, publicationId), failed);
    }
  }

  /** What came over one link has ended: another one may bring it too. */
  removed(publicationId: string): void {
    for (const [, open] of this.opened) {
      const track = open.waiting.get(publicationId);
      if (track === undefined) continue;
      open.waiting.delete(publicationId);
      queueMicrotask(() => attempt(() => this.receive(open, track), this.listener.failed));
      return;
    }
  }

  /** @throws PlenumError of the library: what was told is of no use here. */
  hear(linkId: string, word: LinkWord): void {
    const open = this.opened.get(linkId);
    if (open === undefined) return;
    if (word.type === 'track') this.receive(open, word.track as LinkTrack);
    else if (word.type === 'ended') this.end(open, word.publicationId, word.reason);
    else if (word.type === 'all') this.receiveAll(open, word.tracks);
    else open.link.setDemand(word.publicationId, word.demand as never);
  }

  repeat(linkId: string): void {
    const link = this.opened.get(linkId)?.link;
    if (link === undefined) return;
    this.listener.said(linkId, { type: 'all', tracks: [...link.sent.values()] });
    for (const [publicationId, demand] of link.demands) {
      this.listener.said(linkId, { type: 'demand', publicationId, demand });
    }
  }

  private async begin({ linkId, remote, keys }: LinkEnd): Promise<void> {
    const link = await this.room.openLink({
      id: linkId,
      remote,
      keys: { id: keys.id, send: bytes(keys.send), receive: bytes(keys.receive) },
    });
    if (!this.opening.get(linkId)?.isWanted) {
      link.close();
      return;
    }
    this.opened.set(linkId, { link, waiting: new Map() });
    link.on('track', (track) => this.listener.said(linkId, { type: 'track', track }));
    link.on('ended', (publicationId, reason) =>
      this.listener.said(linkId, { type: 'ended', publicationId, reason }),
    );
    link.on('demand', (publicationId, demand) =>
      this.listener.said(linkId, { type: 'demand', publicationId, demand }),
    );
    link.on('close', () => this.opened.delete(linkId));
    for (const { id, participant } of this.room.publications.values()) {
      if (!participant.isDistant) this.offer(linkId, link, id);
    }
  }

  private offer(linkId: string, link: RoomLink, publicationId: string): void {
    if (link.sent.has(publicationId)) return;
    this.listener.said(linkId, { type: 'track', track: link.send(publicationId) });
  }

  private receive(open: Open, track: LinkTrack): void {
    if (open.link.state === 'closed') return;
    const isOurs = open.link.demands.has(track.publicationId);
    if (!isOurs && this.room.publications.has(track.publicationId)) {
      open.waiting.set(track.publicationId, track);
    } else open.link.receive(track);
  }

  private receiveAll(open: Open, tracks: readonly Told[]): void {
    const present = new Set(tracks.map(({ publicationId }) => publicationId));
    for (const id of [...open.link.demands.keys(), ...open.waiting.keys()]) {
      if (!present.has(id)) this.end(open, id, 'ended');
    }
    for (const track of tracks) this.receive(open, track as LinkTrack);
  }

  private end(open: Open, publicationId: string, reason: string): void {
    open.waiting.delete(publicationId);
    open.link.end(publicationId, reason as RemovalReason);
  }
}

function bytes(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64');
}
