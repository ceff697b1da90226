import { randomBytes, randomInt } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '../../clock.js';
import type { Ids } from '../../ids.js';
import type { HeldRoom, LinkEnd, LinkRef, LinkWord, NodeClient } from '../../nodes/node-client.js';

/** What a link is opened with at either of its ends. */
export type LinkClient = Pick<NodeClient, 'openLink' | 'closeLink' | 'hearLink' | 'repeatLink'>;

/** The room as a node, or a recorder, has it, under the epoch with which it was opened there. */
export interface LinkedCopy {
  readonly placed: { readonly nodeId: string; readonly client: LinkClient };
  readonly epoch: number;
  readonly opened: Promise<Pick<HeldRoom, 'linkAddresses' | 'links'>>;
}

export interface LinksContext {
  clock: Clock;
  ids: Ids;
  report: (error: unknown, doing: string) => void;
}

interface Link {
  readonly id: string;
  readonly ends: readonly [LinkedCopy, LinkedCopy];
  /** Both ends are: what they say is carried. Until then they are asked to say it again. */
  isOpen: boolean;
}

type Keys = LinkEnd['keys'];

/** Between two tries. */
const againMs = 1000;
/** Master key and salt of AEAD_AES_128_GCM (RFC 7714). */
const keyLength = 28;

/**
 * The links of one room: one between each two nodes that have it, so that everybody receives everybody; a
 * recorder is the far end of some, too.
 * Here they are opened and closed, and here the one end hears what the other one has to tell.
 */
export class Links {
  private readonly links = new Map<string, Link>();
  private wanted: readonly (readonly LinkedCopy[])[] = [];
  /** False until it is known what an earlier process has left. */
  private isAdopted = false;
  private isClosed = false;
  private readonly cancels = new Set<() => void>();

  constructor(
    private readonly roomId: string,
    private readonly context: LinksContext,
  ) {}

  /**
   * What is to be linked: each copy with those of every other place. The copies of one place have the
   * same people one after the other, and nothing to tell each other.
   */
  join(places: readonly (readonly LinkedCopy[])[]): void {
    this.wanted = places;
    if (!this.isAdopted) return;
    for (const link of this.links.values()) if (!this.isWanted(link)) this.drop(link);
    for (const ends of pairsOf(places)) if (!this.has(ends)) this.open(ends);
  }

  /** As `join`, for the first time: of the links that an earlier process has left those go on that both ends have. */
  async adopt(places: readonly (readonly LinkedCopy[])[]): Promise<void> {
    this.wanted = places;
    for (const ends of pairsOf(places)) {
      const [one, other] = await Promise.all(ends.map(({ opened }) => opened));
      const shared = one?.links.filter((id) => other?.links.includes(id)) ?? [];
      for (const [index, id] of shared.entries()) {
        const link = { id, ends, isOpen: false };
        if (index === 0) this.adopted(link);
        else this.close(link);
      }
    }
    for (const copy of places.flat()) await this.closeUnknown(copy);
    this.isAdopted = true;
    this.join(this.wanted);
  }

  /** A node has something for the other end. */
  said(from: { nodeId: string; epoch: number }, linkId: string, word: LinkWord): void {
    const link = this.links.get(linkId);
    if (!link?.isOpen) return;
    const isFrom = ({ placed, epoch }: LinkedCopy) =>
      placed.nodeId === from.nodeId && epoch === from.epoch;
    const speaker = link.ends.find(isFrom);
    const listener = link.ends.find((end) => !isFrom(end));
    if (speaker === undefined || listener === undefined) return;
    listener.placed.client
      .hearLink({ ...this.refOf(link, listener), word })
      .catch((error) => this.unheard(link, speaker, error));
  }

  end(): void {
    this.isClosed = true;
    this.links.clear();
    for (const cancel of this.cancels) cancel();
    this.cancels.clear();
  }

  /** Of use to nobody, or it did not get there: what counts is how things stand a moment later. */
  private unheard(link: Link, speaker: LinkedCopy, error: unknown): void {
    this.context.report(error, 'tell the other end of a link');
    this.later(() => {
      if (this.links.get(link.id) === link) this.repeat(link, speaker);
    });
  }

  private open(ends: readonly [LinkedCopy, LinkedCopy]): void {
    const link: Link = { id: this.context.ids.next(), ends, isOpen: false };
    this.links.set(link.id, link);
    this.openBoth(link).catch((error) => {
      if (this.links.get(link.id) !== link) return;
      this.context.report(error, 'open a link between two nodes');
      this.drop(link);
      this.later(() => this.join(this.wanted));
    });
  }

  private async openBoth(link: Link): Promise<void> {
    const [one, other] = link.ends;
    const [remoteOfOther, remoteOfOne] = addressesOf(await one.opened, await other.opened);
    if (this.links.get(link.id) !== link) return;
    const [keys, theirs] = newKeys();
    await Promise.all([
      one.placed.client.openLink({ ...this.refOf(link, one), remote: remoteOfOne, keys }),
      other.placed.client.openLink({
        ...this.refOf(link, other),
        ...{ remote: remoteOfOther, keys: theirs },
      }),
    ]);
    if (this.links.get(link.id) === link) this.opened(link);
    else this.close(link);
  }

  private adopted(link: Link): void {
    this.links.set(link.id, link);
    this.opened(link);
  }

  private opened(link: Link): void {
    link.isOpen = true;
    for (const end of link.ends) this.repeat(link, end);
  }

  private repeat(link: Link, end: LinkedCopy): void {
    end.placed.client
      .repeatLink(this.refOf(link, end))
      .catch((error) => this.unheard(link, end, error));
  }

  private drop(link: Link): void {
    this.links.delete(link.id);
    this.close(link);
  }

  private close(link: Link): void {
    for (const end of link.ends) {
      end.placed.client.closeLink(this.refOf(link, end)).catch(() => {}); // it is lost, or has it no more
    }
  }

  private async closeUnknown(copy: LinkedCopy): Promise<void> {
    const { links } = await copy.opened;
    for (const linkId of links.filter((id) => !this.links.has(id))) {
      const ref = { roomId: this.roomId, epoch: copy.epoch, linkId };
      copy.placed.client.closeLink(ref).catch(() => {});
    }
  }

  private isWanted({ ends }: Link): boolean {
    return pairsOf(this.wanted).some((pair) => isSame(pair, ends));
  }

  private has(ends: readonly [LinkedCopy, LinkedCopy]): boolean {
    return [...this.links.values()].some((link) => isSame(link.ends, ends));
  }

  private refOf({ id }: Link, { epoch }: LinkedCopy): LinkRef {
    return { roomId: this.roomId, epoch, linkId: id };
  }

  private later(task: () => void): void {
    if (this.isClosed) return;
    const cancel = this.context.clock.after(againMs, () => {
      this.cancels.delete(cancel);
      task();
    });
    this.cancels.add(cancel);
  }
}

function isSame(
  one: readonly [LinkedCopy, LinkedCopy],
  other: readonly [LinkedCopy, LinkedCopy],
): boolean {
  return one.every((end) => other.includes(end));
}

/** Of two different places each. */
function pairsOf(
  places: readonly (readonly LinkedCopy[])[],
): (readonly [LinkedCopy, LinkedCopy])[] {
  return places.flatMap((copies, index) =>
    places
      .slice(index + 1)
      .flatMap((others) => copies.flatMap((one) => others.map((other) => [one, other] as const))),
  );
}

type Linkable = Pick<HeldRoom, 'linkAddresses'>;
type Address = HeldRoom['linkAddresses'][number];

/** Of one family. @throws Error when the two nodes have none in common. */
function addressesOf(one: Linkable, other: Linkable): [Address, Address] {
  for (const address of one.linkAddresses) {
    const match = other.linkAddresses.find((each) => isIP(each.address) === isIP(address.address));
    if (match !== undefined) return [address, match];
  }
  throw new Error('Two nodes of a room have no address family in common.');
}

/** Never for two links: a key that is used again gives both away. */
function newKeys(): [Keys, Keys] {
  const id = randomInt(2 ** 32);
  const [there, back] = [randomBytes(keyLength), randomBytes(keyLength)].map((key) =>
    key.toString('base64'),
  ) as [string, string];
  return [
    { id, send: there, receive: back },
    { id, send: back, receive: there },
  ];
}
