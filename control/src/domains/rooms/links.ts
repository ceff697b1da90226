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
  ids: Pick<Ids, 'next'>;
  report: (error: unknown, doing: string) => void;
}

interface Link {
  readonly id: string;
  readonly ends: readonly [LinkedCopy, LinkedCopy];
  /**
   * `sought`: it is not known yet whether an earlier process has left one. `open`: both ends are, what they
   * say is carried; until then they are asked to say it again.
   */
  state: 'sought' | 'opening' | 'open';
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
  /** What an earlier process has left at each copy, unless it is known by now. */
  private readonly left = new Map<LinkedCopy, Set<string>>();
  /** False until it is known which nodes an earlier process has left the room at. */
  private hasBegun = false;
  private isComplete = true;
  private isClosed = false;
  private readonly cancels = new Set<() => void>();

  constructor(
    private readonly roomId: string,
    private readonly context: LinksContext,
  ) {}

  /** Nothing is linked before. */
  begin(): void {
    this.hasBegun = true;
  }

  /**
   * What is to be linked: each copy with those of every other place. The copies of one place have the
   * same people one after the other, and nothing to tell each other. Of the links that an earlier process has
   * left those go on that both ends have.
   * @param isComplete false: one that the earlier process had may come yet, and what leads there is left alone.
   */
  join(places: readonly (readonly LinkedCopy[])[], isComplete: boolean): void {
    this.wanted = places;
    this.isComplete = isComplete;
    if (!this.hasBegun) return;
    for (const link of this.links.values()) if (!this.isWanted(link)) this.drop(link);
    for (const ends of pairsOf(places)) if (!this.has(ends)) this.open(ends);
    this.endLeft();
  }

  /** A node has something for the other end. */
  said(from: { nodeId: string; epoch: number }, linkId: string, word: LinkWord): void {
    const link = this.links.get(linkId);
    if (link?.state !== 'open') return;
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
    this.left.clear();
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
    const link: Link = { id: this.context.ids.next(), ends, state: 'sought' };
    this.links.set(link.id, link);
    this.openBoth(link).catch((error) => {
      if (this.links.get(link.id) !== link) return;
      this.context.report(error, 'open a link between two nodes');
      this.drop(link);
      this.endLeft();
      this.later(() => this.join(this.wanted, this.isComplete));
    });
  }

  private async openBoth(link: Link): Promise<void> {
    const [one, other] = link.ends;
    const [remoteOfOther, remoteOfOne] = addressesOf(await one.opened, await other.opened);
    const left = await this.takeLeft(link.ends);
    if (this.links.get(link.id) !== link) return;
    if (left !== null) {
      this.links.delete(link.id);
      this.adopted({ ...link, id: left });
      return;
    }
    link.state = 'opening';
    this.endLeft();
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

  /** One that both ends have since an earlier process; null: none. */
  private async takeLeft(ends: readonly [LinkedCopy, LinkedCopy]): Promise<string | null> {
    const [ofOne, ofOther] = await Promise.all(ends.map((end) => this.leftAt(end)));
    const id = [...(ofOne ?? [])].find((each) => ofOther?.has(each)) ?? null;
    if (id !== null) for (const left of [ofOne, ofOther]) left?.delete(id);
    return id;
  }

  private async leftAt(copy: LinkedCopy): Promise<Set<string>> {
    const { links } = await copy.opened;
    const known = this.left.get(copy) ?? new Set(links);
    this.left.set(copy, known);
    return known;
  }

  private adopted(link: Link): void {
    this.links.set(link.id, link);
    this.opened(link);
    this.endLeft();
  }

  private opened(link: Link): void {
    link.state = 'open';
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

  /** What nobody goes on with ends, as soon as that is certain. */
  private endLeft(): void {
    if (!this.isComplete || [...this.links.values()].some(({ state }) => state === 'sought'))
      return;
    const wanted = new Set(this.wanted.flat());
    for (const copy of wanted) void this.endLeftAt(copy);
    for (const copy of this.left.keys()) if (!wanted.has(copy)) this.left.delete(copy);
  }

  private async endLeftAt(copy: LinkedCopy): Promise<void> {
    const left = await this.leftAt(copy).catch(() => new Set<string>()); // it is lost
    for (const linkId of left) {
      left.delete(linkId);
      const ref = { roomId: this.roomId, epoch: copy.epoch, linkId };
      copy.placed.client.closeLink(ref).catch(() => {}); // it is lost, or has it no more
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
