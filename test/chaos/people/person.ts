/**
 * A person of a run, without a browser: joins by link, speaks the product's signaling by its own
 * client, has real media, and does what a client has to do when the fleet changes under it. What
 * should never happen to a person is counted.
 */
import { randomUUID } from 'node:crypto';
import {
  type AnswerTo,
  type Api,
  type ClientPayloads,
  type Connection,
  codeOf,
  createApi,
  openWebSocket,
  realTimers,
  type ServerMessage,
  type ServerPayloads,
  Signaling,
} from '../../../client/src/index.js';
import {
  type CrowdProcess,
  type PersonClock,
  type Play,
  streamOf,
  type TransportEvent,
} from './crowd-process.js';
import { type Direction, Media, type MediaOptions, type TrackKind } from './media.js';
import { WireTap } from './wire-tap.js';

type CommandType = Parameters<Signaling['command']>[0];

export interface PersonOptions {
  crowd: CrowdProcess | null;
  /** Number in the run: by it others tell this voice. */
  index: number;
  link: string;
  /** Where to ask: of this control process. */
  origin: string;
  isPicture: boolean;
  isLoud: boolean;
  /** Of speech each packet has the frame before with it; default: what is heard is each packet, once. */
  takesRedundancy?: boolean;
  address?: string;
  /** In place of the addresses that the join names: past a relay. */
  reroute?: (url: string) => string;
  /** Never says that it has moved. */
  staysPut?: boolean;
  /** Real media, in place of speech or a picture of patterns. */
  plays?: Partial<Record<TrackKind, Play>>;
  /** Of who plays. */
  clock?: PersonClock;
  /** Receives nothing. */
  isDeaf?: boolean;
}

/** What a person's client did not expect. */
export interface Mishap {
  atMs: number;
  what: string;
}

/**
 * The room moves, its node is lost, or an offer came while the one before was being answered: the next
 * word of the server, on its way or here, says how it goes on.
 */
export const passing: readonly string[] = ['stale_epoch', 'abandoned', 'node_lost', 'stale_rev'];

export class Person {
  readonly wire = new WireTap();
  readonly mishaps: Mishap[] = [];
  readonly ids = new Set<string>();
  readonly states: { atMs: number; state: Connection }[] = [];
  /** Of `migrate`, in order. */
  readonly migrations: ServerPayloads['migrate'][] = [];
  state: Connection = 'connecting';
  epoch = 0;
  /** Off, as this person wants it. */
  isMuted = false;
  publicationId = '';
  /** Of each kind that it publishes. */
  readonly publications = new Map<TrackKind, string>();
  /** Of those who play: off, each by itself. */
  private readonly held = new Set<TrackKind>();
  seat = { id: '', roomId: '', meetingId: '' };
  /** A transport that is not closed when it should be: what still comes by it is counted. */
  keepsFormer = false;
  readonly former: Media[] = [];
  private media: Media | undefined;
  private next: Media | undefined;
  private lastMigration: ServerPayloads['migrate'] | undefined;
  private signaling: Signaling | undefined;
  private address: string;
  private reserved: Awaited<ReturnType<Api['join']>> | undefined;

  constructor(readonly options: PersonOptions) {
    this.address = options.address ?? '127.0.0.1';
  }

  get index(): number {
    return this.options.index;
  }

  get transports(): Media | undefined {
    return this.media;
  }

  get hasMedia(): boolean {
    return this.media?.isReady === true && this.media.epoch === this.epoch;
  }

  /** By HTTP and on the socket; resolves once the seat is taken. */
  async join(): Promise<void> {
    await this.ask();
    await this.greet();
  }

  /** By HTTP alone: the seat is reserved. */
  async ask(origin = this.options.origin): Promise<void> {
    const { link, index } = this.options;
    const { pathname, hash } = new URL(link);
    const api = createApi((path, init) => fetch(new URL(path, origin), init));
    const device_id = randomUUID();
    const shown = { code: pathname.replace('/m/', ''), secret: hash.replace('#k=', '') };
    const asked = { ...shown, display_name: `Person ${index}`, device_id };
    this.reserved = await api.join(asked, randomUUID());
  }

  /** Takes the reserved seat; when that is void, as its process is gone, another one by the alternates. */
  async enter(): Promise<void> {
    await this.greet().catch(async () => {
      const [, alternate] = this.reserved?.signaling ?? [];
      if (alternate === undefined) throw new Error('the answer names no alternate');
      await this.ask(new URL('/', alternate.url.replace(/^ws/, 'http')).href);
      await this.greet();
    });
  }

  /** Rejects with ProtocolError. */
  command<Type extends CommandType>(t: Type, d: ClientPayloads[Type]): Promise<AnswerTo<Type>> {
    if (this.signaling === undefined) throw new Error('not in a room');
    return this.signaling.command(t, d);
  }

  /** Or not muted any more. Rejects with ProtocolError; wanted it is all the same: the next offer says so. */
  async mute(isMuted: boolean): Promise<void> {
    this.isMuted = isMuted;
    const { publicationId: publication_id } = this;
    await this.command('publish.update', { publication_id, muted: isMuted });
  }

  /** One of the tracks that play: as a browser, which tells so and sends nothing. */
  async muteTrack(kind: TrackKind, isMuted: boolean): Promise<void> {
    if (isMuted) this.held.add(kind);
    else this.held.delete(kind);
    await this.pauseTrack(kind, isMuted);
    const publication_id = this.publications.get(kind) ?? '';
    await this.command('publish.update', { publication_id, muted: isMuted });
  }

  /** Nothing is sent of it for a while, and nobody is told. */
  async pauseTrack(kind: TrackKind, isPaused: boolean): Promise<void> {
    await this.options.crowd?.hold(streamOf(this.index, kind === 'video'), isPaused);
  }

  /** Media goes on from another address: the client is told of it, as browsers are. */
  async changeNetwork(address: string): Promise<void> {
    this.address = address;
    await this.media?.move(address);
    await this.restartIce();
  }

  async leave(): Promise<void> {
    this.signaling?.leave();
    for (const media of [this.media, this.next, ...this.former]) await media?.close();
  }

  /** As a browser that says that the network is back: its next attempt is not waited for. */
  retryNow(): void {
    this.signaling?.retryNow();
  }

  private greet(): Promise<void> {
    const { origin, reroute = (url) => url } = this.options;
    const { signaling = [], join_token: joinToken = '' } = this.reserved ?? {};
    const named = signaling.length > 0 ? signaling.map(({ url }) => url) : [`${origin}v1/rtc`];
    const urls = named.map(reroute);
    return new Promise((resolve, reject) => {
      const environment = {
        openSocket: this.wire.tap(openWebSocket),
        timers: realTimers,
        random: Math.random,
        newId: () => randomUUID(),
      };
      const client = { name: 'chaos', version: '0', platform: 'tap' };
      const caps = {
        codecs: ['opus', 'VP8'],
        slots: this.options.isDeaf ? { audio: 0, video: 0 } : { audio: 16, video: 4 },
      };
      this.signaling = new Signaling(
        environment,
        { urls, joinToken, client, caps },
        {
          connection: (state, reason) => {
            this.state = state;
            this.states.push({ atMs: performance.now(), state });
            if (state === 'online') resolve();
            if (state !== 'ended') return;
            if (reason !== 'left') this.mishap(`the seat is lost: ${reason}`);
            reject(new Error(`person ${this.index} is out: ${reason}`));
          },
          joined: (payload) => this.joined(payload),
          waiting: () => this.mishap('in the lobby'),
          message: (message) => this.heard(message),
        },
      );
      this.signaling.start();
    });
  }

  private joined(d: ServerPayloads['joined']): void {
    this.seat = { id: d.participant_id, roomId: d.room_id, meetingId: d.meeting_id };
    this.ids.add(`${d.meeting_id} ${d.room_id} ${d.participant_id}`);
    this.epoch = d.epoch;
    // What bench/crowd/transport.cpp takes silence by.
    if ((d.media_beat_ms ?? Infinity) > 300) this.mishap('no beat is promised');
    if (d.resumed) return;
    if (d.transports === 'kept' && this.media !== undefined) this.media.epoch = d.epoch;
    else this.begin(d.epoch);
  }

  private heard(message: ServerMessage): void {
    if (message.t === 'migrate') this.migrate(message.d);
    if (message.t === 'subscribe.offer') this.attempt('answer', () => this.offered(message.d));
    if (message.t === 'error') this.mishap(`told of an error: ${message.d.code}`);
  }

  private migrate(d: ServerPayloads['migrate']): void {
    this.migrations.push(d);
    this.lastMigration = d;
    this.epoch = d.epoch;
    if (this.options.crowd === null) this.tell('migrate.done', { epoch: d.epoch });
    this.begin(d.epoch, Math.random() * d.retry_jitter_ms);
  }

  /** Opens transports for an epoch, beside those of before, which end once these are up. */
  private begin(epoch: number, afterMs = 0): void {
    if (this.options.crowd === null) return;
    const media = this.mediaOf(epoch);
    setTimeout(() => this.attempt('publish', () => this.offer(media)), afterMs);
  }

  private mediaOf(epoch: number): Media {
    for (const known of [this.next, this.media]) if (known?.epoch === epoch) return known;
    if (this.next !== undefined) void this.next.close();
    const {
      index: person,
      isPicture,
      takesRedundancy = false,
      plays,
      isDeaf = false,
    } = this.options;
    const kinds = (['audio', 'video'] as const).filter((kind) => plays?.[kind] !== undefined);
    const options: Omit<MediaOptions, 'crowd'> = {
      ...{ person, isPicture, takesRedundancy, address: this.address, isDeaf },
      ...(plays === undefined ? {} : { sends: kinds }),
    };
    const { crowd } = this.options;
    const made = new Media(
      epoch,
      { crowd: crowd as CrowdProcess, ...options },
      {
        ready: (media) => this.attempt('switch', () => this.ready(media)),
        turned: (media, direction, event) => this.turned(media, direction, event),
      },
    );
    if (this.media === undefined) this.media = made;
    else this.next = made;
    return made;
  }

  private async offer(media: Media): Promise<void> {
    if (media.epoch !== this.epoch) return;
    const isMuted = (kind: TrackKind) => this.isMuted || this.held.has(kind);
    const offer = await media.offer(isMuted);
    const answer = await this.command('publish.offer', offer);
    for (const { mid, publication_id } of answer.publications) {
      const kind = offer.tracks.find((track) => track.mid === mid)?.kind;
      if (kind !== undefined) this.publications.set(kind, publication_id);
    }
    const [published] = answer.publications;
    if (published !== undefined) this.publicationId = published.publication_id;
    await media.answered(answer.sdp);
    await this.speak();
  }

  private async offered(d: ServerPayloads['subscribe.offer']): Promise<void> {
    if (d.epoch < this.epoch || this.options.crowd === null) return;
    const sdp = await this.mediaOf(d.epoch).take(d);
    await this.command('subscribe.answer', { epoch: d.epoch, rev: d.rev, sdp });
  }

  /** By every transport there is: who is not moved yet hears by the old one. */
  private async speak(): Promise<void> {
    const { crowd, index: person, isPicture, isLoud, plays, clock } = this.options;
    const kept = this.keepsFormer ? this.former : [];
    const all = await Promise.all([this.media, this.next, ...kept].map((one) => one?.sending()));
    const sent = all.flatMap((tracks) => tracks ?? []);
    if (plays === undefined) return crowd?.speak({ person, isPicture, isLoud, legs: sent });
    if (clock !== undefined) await crowd?.setClock(person, clock);
    for (const [kind, play] of Object.entries(plays) as [TrackKind, Play][]) {
      const legs = sent.filter((track) => track.kind === kind);
      const mid = legs[0]?.mid ?? '0';
      await crowd?.play({ ...play, person, isPicture: kind === 'video', mid, legs });
    }
  }

  private async ready(media: Media): Promise<void> {
    if (media !== this.next) return;
    const before = this.media;
    this.media = media;
    this.next = undefined;
    const told = this.lastMigration;
    if (this.options.staysPut) return;
    if (told?.epoch === media.epoch) this.tell('migrate.done', { epoch: media.epoch });
    if (before === undefined) return;
    if (this.keepsFormer) this.former.push(before);
    // Those who are not moved yet hear this person by the transport of before, until the server ends it.
    else if (told?.make_before_break)
      setTimeout(() => before.close().catch(() => {}), told.deadline_ms);
    else await before.close();
  }

  private turned(media: Media, direction: Direction, event: TransportEvent): void {
    if (event.event === 'failed') this.mishap(`DTLS of ${direction} failed`);
    if (event.event !== 'lost' || media !== this.media) return;
    const { silenceMs, failedChecks } = event;
    const lost = { direction, silence_ms: silenceMs, failed_checks: failedChecks };
    this.tell('media.lost', { epoch: media.epoch, ...lost });
    this.attempt('restart', () => this.restartIce());
  }

  private async restartIce(): Promise<void> {
    const { media, epoch } = this;
    if (media === undefined || media.epoch !== epoch || this.options.crowd === null) return;
    const receives = this.options.isDeaf !== true;
    const other = receives ? this.command('subscribe.restart', { epoch }) : null;
    await Promise.all([this.offer(media), other]);
  }

  /** Its refusal changes nothing. */
  private tell<Type extends CommandType>(t: Type, d: ClientPayloads[Type]): void {
    this.command(t, d).catch(() => {});
  }

  /** A refusal because the room has moved on is none: the next `migrate` is on its way. */
  private attempt(doing: string, act: () => Promise<void>): void {
    const { epoch } = this;
    act().catch((error: unknown) => {
      const code = codeOf(error);
      const isOvertaken = epoch !== this.epoch || this.state !== 'online';
      if (isOvertaken || passing.includes(code)) return;
      this.mishap(`${doing}: ${code} ${(error as Error).message}`);
    });
  }

  private mishap(what: string): void {
    this.mishaps.push({ atMs: performance.now(), what });
  }
}
