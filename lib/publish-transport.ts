/** The association over which a participant sends: the client offers, the node answers. */
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { assertOpen, type Core } from './core.js';
import type { Handle } from './engine/handle.js';
import { PlenumError } from './errors.js';
import {
  type OfferedTrack,
  type PublishOfferContent,
  readPublishOffer,
  writePublishAnswer,
} from './negotiation/publish.js';
import { isLive } from './negotiation/rtp-media.js';
import type { LiveParticipant } from './participant.js';
import { LivePublication, type Publication, type TrackDeclaration } from './publication.js';
import {
  Association,
  type RemoteCandidate,
  type Transport,
  type TransportEvents,
  type TransportState,
} from './transport.js';

export interface PublishOffer {
  /** Counts up with every offer of the client. */
  rev: number;
  sdp: string;
  /**
   * The tracks to be received. One that is published already may be left out: it lives on while
   * its m-line sends. Another `cid` for the same mid replaces it. `'all'` is the offer of a client
   * that declares nothing (WHIP): a microphone, a camera or both; every m-line or none is taken.
   */
  tracks: readonly TrackDeclaration[] | 'all';
}

export interface PublishAnswer {
  rev: number;
  sdp: string;
  /** Every publication that lives after this offer, in the order of m-lines. */
  publications: { cid: string; mid: string; publication: Publication }[];
}

export interface PublishTransport extends Transport, EventEmitter<TransportEvents> {
  /**
   * Answers an offer of the client: new tracks become publications, tracks that no longer send end,
   * a new ufrag restarts ICE. Offers are taken one after the other. After an error nothing new is
   * published and the next offer is welcome; the last offer again gives the last answer again.
   * @throws PlenumError `sdp_rejected`, `codec_unsupported`, `stale_rev`, `closed`, `limit_reached`
   * (more than 8 tracks, or the engine's limit).
   */
  answer(offer: PublishOffer): Promise<PublishAnswer>;
}

/** Live tracks of one participant (security.md: pending tracks). */
const MAX_PUBLICATIONS = 8;

/** What an offer comes to, worked out before anything is touched. */
interface Plan {
  added: { declaration: TrackDeclaration; track: OfferedTrack }[];
  kept: { declaration: TrackDeclaration | undefined; publication: LivePublication }[];
  ended: LivePublication[];
  replaced: LivePublication[];
}

export class LivePublishTransport
  extends EventEmitter<TransportEvents>
  implements PublishTransport
{
  readonly #association: Association;
  readonly #core: Core;
  readonly #participant: LiveParticipant;
  #last: { offer: PublishOffer; answer: PublishAnswer } | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(core: Core, participant: LiveParticipant) {
    super();
    this.#core = core;
    this.#participant = participant;
    this.#association = new Association(core, participant.roomHandle, (state, reason) =>
      this.emit('state', state, reason),
    );
  }

  get state(): TransportState {
    return this.#association.state;
  }

  get isNegotiated(): boolean {
    return this.#association.isNegotiated;
  }

  get candidates(): number {
    return this.#association.candidates;
  }

  get handle(): Handle | null {
    return this.#association.handle;
  }

  addCandidate(candidate: RemoteCandidate): void {
    this.#association.addCandidate(candidate);
  }

  answer(offer: PublishOffer): Promise<PublishAnswer> {
    const turn = this.#turn.then(() => this.#answer(offer));
    // Who made that offer hears of it; the next one has its turn.
    this.#turn = turn.catch(() => {});
    return turn;
  }

  patch(fragment: string): Promise<string | null> {
    return this.#association.patch(fragment);
  }

  close(): void {
    this.#association.close();
  }

  async #answer(offer: PublishOffer): Promise<PublishAnswer> {
    assertOpen(this.#association.isClosed, 'transport');
    if (this.#last && offer.rev <= this.#last.offer.rev) return this.#repeat(offer, this.#last);
    const content = readPublishOffer(offer.sdp);
    const tracks = offer.tracks === 'all' ? declareAll(content) : offer.tracks;
    const plan = this.#plan(content, tracks);
    await this.#open(content);
    await this.#publish(plan);
    const answer = this.#describe(offer.rev, content);
    this.#last = { offer, answer };
    return answer;
  }

  #repeat(
    offer: PublishOffer,
    last: { offer: PublishOffer; answer: PublishAnswer },
  ): PublishAnswer {
    if (offer.rev === last.offer.rev && offer.sdp === last.offer.sdp) return last.answer;
    throw new PlenumError('stale_rev', `offer ${offer.rev} after offer ${last.offer.rev}`);
  }

  #plan(content: PublishOfferContent, declarations: readonly TrackDeclaration[]): Plan {
    const sending = new Map(
      content.tracks.filter(({ sends }) => sends).map((track) => [track.mid, track]),
    );
    const declared = new Map(declarations.map((item) => [item.mid, item]));
    if (declared.size !== declarations.length) throw rejected('a mid is declared twice');
    const plan: Plan = { added: [], kept: [], ended: [], replaced: [] };
    for (const publication of this.#participant.publications.values()) {
      if (publication.mid === '') continue; // of a PlainTransport
      const track = sending.get(publication.mid);
      const declaration = declared.get(publication.mid);
      if (!track) plan.ended.push(publication);
      else if (!continues(publication, track, declaration)) plan.replaced.push(publication);
      else plan.kept.push({ declaration, publication });
    }
    const kept = new Set(plan.kept.map(({ publication }) => publication.mid));
    for (const declaration of declarations) {
      if (kept.has(declaration.mid)) continue;
      plan.added.push({ declaration, track: checkTrack(declaration, sending) });
    }
    if (plan.kept.length + plan.added.length > MAX_PUBLICATIONS) {
      throw new PlenumError('limit_reached', `more than ${MAX_PUBLICATIONS} tracks`);
    }
    return plan;
  }

  /** The one that it had elsewhere, unless something here has it. */
  #freeId({ id }: TrackDeclaration): string {
    return id === undefined || this.#participant.room.publications.has(id) ? randomUUID() : id;
  }

  /** Opens the association with the first offer, follows an ICE restart with a later one. */
  async #open({ remote, extensions }: PublishOfferContent): Promise<void> {
    const association = this.#association;
    if (!remote) return;
    const known = association.remote;
    association.checkCertificate(remote);
    try {
      if (!known) await association.open(remote);
      else if (known.ufrag !== remote.ufrag || known.pwd !== remote.pwd) {
        await association.restart(association.newCredentials(), remote);
      }
    } catch (error) {
      if (!known) association.abandon();
      throw error;
    }
    assertOpen(association.isClosed, 'transport');
    association.remote = remote;
    const transport = association.handle as Handle;
    this.#core.channel.post(transport, {
      type: 'transportSetExtensions',
      transport,
      receive: extensions,
      send: [],
    });
  }

  async #publish({ added, kept, ended, replaced }: Plan): Promise<void> {
    const made = added.map(
      ({ declaration, track }) =>
        new LivePublication(
          this.#core,
          this.#freeId(declaration),
          this.#participant,
          declaration,
          track,
        ),
    );
    for (const publication of replaced) publication.close('replaced');
    const transport = this.#association.handle as Handle;
    const results = await Promise.allSettled(made.map((item) => item.open(transport)));
    const refused = results.find((result) => result.status === 'rejected');
    if (refused || this.#association.isClosed) {
      results.forEach(({ status }, index) => {
        if (status === 'fulfilled') (made[index] as LivePublication).retract();
        else (made[index] as LivePublication).abandon();
      });
      throw refused?.reason ?? new PlenumError('closed', 'the transport is closed');
    }
    for (const publication of ended) publication.close('ended');
    for (const { declaration, publication } of kept) {
      if (declaration && !publication.isClosed) publication.setMuted(declaration.muted);
    }
    for (const publication of made) this.#participant.addPublication(publication);
  }

  #describe(rev: number, content: PublishOfferContent): PublishAnswer {
    const byMid = new Map(
      [...this.#participant.publications.values()].map((item) => [item.mid, item]),
    );
    const identity = { id: this.#association.sessionId, version: rev };
    const wanted = new Set(byMid.keys());
    return {
      rev,
      sdp: writePublishAnswer(content, wanted, this.#association.local, identity),
      publications: content.tracks.flatMap(({ mid }) => {
        const publication = byMid.get(mid);
        return publication ? [{ cid: publication.cid, mid, publication }] : [];
      }),
    };
  }
}

/** Whether what the m-line sends now is still this publication. */
function continues(
  { cid, track: before }: LivePublication,
  now: OfferedTrack,
  declaration: TrackDeclaration | undefined,
): boolean {
  if (declaration && declaration.cid !== cid) return false;
  if (!isDeepStrictEqual(before.encodings, now.encodings)) return false;
  const codecs = new Map(now.codecs.map((codec) => [codec.payloadType, codec]));
  return before.codecs.every((codec) => isDeepStrictEqual(codecs.get(codec.payloadType), codec));
}

/** Of an offer that is taken whole (RFC 9725 §4.4.2, §4.4.3). @throws PlenumError. */
function declareAll({ tracks, session }: PublishOfferContent): TrackDeclaration[] {
  if (tracks.length === 0) throw rejected('no m-line takes part');
  if (tracks.length !== session.media.filter(isLive).length) {
    throw rejected('an m-line that is neither audio nor video over RTP');
  }
  if (new Set(tracks.map(({ kind }) => kind)).size !== tracks.length) {
    throw rejected('more than one track of a kind');
  }
  return tracks.map(({ mid, kind }) => {
    const source = kind === 'audio' ? 'microphone' : 'camera';
    return { mid, cid: mid, kind, source, muted: false };
  });
}

function checkTrack(
  { mid, kind }: TrackDeclaration,
  sending: ReadonlyMap<string, OfferedTrack>,
): OfferedTrack {
  const track = sending.get(mid);
  if (!track) throw rejected('a declared track has no m-line that sends');
  if (track.kind !== kind) throw rejected('a declared track is of another kind than its m-line');
  if (track.codecs.length === 0) throw new PlenumError('codec_unsupported');
  return track;
}

function rejected(detail: string): PlenumError {
  return new PlenumError('sdp_rejected', detail);
}
