/**
 * A transport without ICE and DTLS: RTP and RTCP, or SRTP under given keys, for programs that speak
 * nothing more (ffmpeg, GStreamer, load generators). Nothing is negotiated: both ends are told
 * codecs, payload types and SSRCs beforehand.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { isIP } from 'node:net';
import { assertOpen, type Core } from './core.js';
import type { ObjectEvent } from './engine/channel.js';
import type { Handle } from './engine/handle.js';
import { PlenumError } from './errors.js';
import { type DeclaredCodec, readDeclared } from './negotiation/declared-codecs.js';
import type { LiveParticipant } from './participant.js';
import type { TrackSource } from './publication.js';
import { LivePublication, type MediaKind, type Publication } from './publication.js';
import { Slot } from './slot.js';
import type { Subscription } from './subscription.js';
import type { TransportEvents, TransportReason, TransportState } from './transport.js';

export type { DeclaredCodec };

export interface PlainRemote {
  /** Literal IPv4 or IPv6 address. */
  address: string;
  port: number;
  /** Where RTCP comes from and goes to. Default: `port` (RFC 5761). */
  rtcpPort?: number;
}

export interface PlainSrtp {
  profile: 'aead_aes_128_gcm' | 'aes128_cm_hmac_sha1_80';
  /** Master key and salt of what the other end sends: 28 (GCM) or 30 bytes. */
  receive: Uint8Array;
  /** Of what the node sends; another one. */
  send: Uint8Array;
}

export interface PlainTransportOptions {
  /** Which of the node's UDP addresses, as bound. Default: the first one. */
  address?: string;
  /** Packets from elsewhere are dropped. Default: learned from who sends the token. */
  remote?: PlainRemote;
  /** Default: RTP as it is, only between loopback addresses unless the node's options allow more. */
  srtp?: PlainSrtp;
}

/** What the other end sends. */
export interface PlainTrack {
  kind: MediaKind;
  source: TrackSource;
  codecs: readonly DeclaredCodec[];
  /** Default: the SSRC of the first packet whose payload type no other track has. */
  ssrc?: number;
  rtxSsrc?: number;
  muted?: boolean;
}

/** What the node sends. */
export interface PlainReception {
  codecs: readonly DeclaredCodec[];
  /** Default: chosen at random. */
  ssrc?: number;
  rtxSsrc?: number;
}

export interface PlainTransport extends EventEmitter<TransportEvents> {
  /** `new` until the address is known, then `connected`: nothing tells whether anybody is there. */
  readonly state: TransportState;
  /** Where the other end sends RTP and RTCP to, as bound. */
  readonly local: Readonly<{ address: string; port: number }>;
  /**
   * The datagram that the other end sends from its RTP port (or, `rtcp`, from its RTCP port) to
   * `local` until the answer comes: the first 12 bytes of it. Whoever sends it first is the other
   * end for good. null with a given address.
   */
  token(component?: 'rtp' | 'rtcp'): Uint8Array | null;
  /**
   * @throws PlenumError `bad_request`, `codec_unsupported`, `limit_reached`, `closed`.
   */
  publish(track: PlainTrack): Promise<Publication>;
  /**
   * The subscription flows here until it or the transport is closed. Without congestion control:
   * the best layer is sent, as fast as it comes.
   * @throws PlenumError `unknown_publication`, `bad_request`, `codec_unsupported`, `conflict` (it
   * flows elsewhere), `closed`.
   */
  subscribe(publicationId: string, reception: PlainReception): Subscription;
  /** Ends what stands on it. */
  close(): void;
}

/** What RTP without SRTP is allowed for. */
export interface PlainPolicy {
  /** Beyond loopback addresses, where anybody on the path hears and forges it. Default false. */
  unencrypted?: boolean;
}

/** Live tracks of one participant, as for its publish transport. */
const MAX_PUBLICATIONS = 8;
/** Streams to one plain transport. */
const MAX_SLOTS = 64;

const KEY_LENGTH = { aead_aes_128_gcm: 28, aes128_cm_hmac_sha1_80: 30 };
const TOKEN_MAGIC = [0x50, 0x4c, 0x4e];

export class LivePlainTransport extends EventEmitter<TransportEvents> implements PlainTransport {
  state: TransportState = 'new';
  readonly local: Readonly<{ address: string; port: number }>;
  readonly handle: Handle;
  readonly slots = new Set<Slot>();
  readonly #core: Core;
  readonly #participant: LiveParticipant;
  readonly #publications = new Set<LivePublication>();
  /** Id and secret; null: the address is given. */
  readonly #token: Uint8Array | null;
  #isClosed = false;

  /** @throws PlenumError `bad_request`. */
  constructor(core: Core, participant: LiveParticipant, options: PlainTransportOptions) {
    super();
    const { shard } = participant;
    const udp = core.boundOf(shard).filter(({ protocol }) => protocol === 'udp');
    const local = udp.find(({ address }) => address === (options.address ?? address));
    if (!local) throw new PlenumError('bad_request', 'the node is not bound to this address');
    checkOptions(options, local.address, core.plain);
    this.local = { address: local.address, port: local.port };
    this.#core = core;
    this.#participant = participant;
    this.#token = options.remote ? null : randomBytes(40);
    this.handle = core.channel.open('transport', shard, (event) => this.#handleEvent(event));
  }

  /** Asks the engine for it. @throws PlenumError `conflict` (the address is another one's). */
  async open({ remote, srtp }: PlainTransportOptions): Promise<void> {
    const transport = this.handle;
    try {
      await this.#core.channel.request(transport, {
        type: 'plainTransportCreate',
        transport,
        room: this.#participant.roomHandle,
        localIp: this.local.address,
        localPort: this.local.port,
        remoteIp: remote?.address ?? '',
        remotePort: remote?.port ?? 0,
        remoteRtcpPort: remote?.rtcpPort ?? 0,
        token: this.#token ?? new Uint8Array(),
        profile: srtp?.profile ?? 'none',
        inboundKey: srtp?.receive ?? new Uint8Array(),
        outboundKey: srtp?.send ?? new Uint8Array(),
      });
    } catch (error) {
      this.#isClosed = true;
      this.#core.channel.forget('transport', transport);
      if (!(error as Error).message.endsWith('wrong_state')) throw error;
      throw new PlenumError('conflict', 'another transport has this remote address');
    }
  }

  token(component: 'rtp' | 'rtcp' = 'rtp'): Uint8Array | null {
    if (this.#token === null) return null;
    return Uint8Array.of(...TOKEN_MAGIC, component === 'rtp' ? 1 : 2, ...this.#token);
  }

  async publish(track: PlainTrack): Promise<Publication> {
    assertOpen(this.#isClosed, 'transport');
    const { kind, source, ssrc = 0, rtxSsrc = 0, muted = false } = track;
    const codecs = readDeclared(kind, track.codecs);
    if (this.#participant.publications.size >= MAX_PUBLICATIONS) {
      throw new PlenumError('limit_reached', `more than ${MAX_PUBLICATIONS} tracks`);
    }
    const id = randomUUID();
    const declaration = { mid: '', cid: id, kind, source, muted };
    const encodings = [{ rid: '', ssrc, rtxSsrc }];
    const offered = { mid: '', kind, sends: true, codecs, extensions: [], encodings };
    const publication = new LivePublication(
      ...([this.#core, id, this.#participant, declaration, offered] as const),
    );
    try {
      await publication.open(this.handle);
    } catch (error) {
      publication.abandon();
      throw error;
    }
    if (this.#isClosed) publication.abandon(); // closed with the transport
    assertOpen(this.#isClosed, 'transport');
    this.#publications.add(publication);
    this.#participant.addPublication(publication);
    return publication;
  }

  subscribe(publicationId: string, reception: PlainReception): Subscription {
    assertOpen(this.#isClosed, 'transport');
    const publication = this.#participant.room.publications.get(publicationId);
    if (!publication) throw new PlenumError('unknown_publication');
    const codecs = readDeclared(publication.kind, reception.codecs);
    for (const slot of this.slots) if (slot.subscription === null) this.#drop(slot);
    if (this.slots.size >= MAX_SLOTS) throw new PlenumError('limit_reached', 'too many streams');
    const subscription = this.#participant.subscribe(publicationId);
    if (subscription.slot !== null) throw new PlenumError('conflict', 'it flows elsewhere');
    const slot = new Slot('', publication.kind, this.#participant.cname, reception);
    this.slots.add(slot);
    subscription.takeSlot(slot);
    slot.open(this.#core.channel, this.handle, codecs);
    return subscription;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const publication of this.#publications) publication.close('ended');
    for (const slot of this.slots) {
      slot.subscription?.leaveSlot();
      this.#drop(slot);
    }
    const transport = this.handle;
    this.#core.channel.close('transport', transport, { type: 'transportClose', transport });
    this.#participant.plainTransports.delete(this);
    this.#participant.subscribeTransport.assign();
    this.#enter('closed', 'closed_by_command');
  }

  #drop(slot: Slot): void {
    slot.close(this.#core.channel);
    this.slots.delete(slot);
  }

  #handleEvent(event: ObjectEvent): void {
    if (event.type === 'transportState') this.#enter(event.state, event.reason);
  }

  #enter(state: TransportState, reason: TransportReason): void {
    if (this.state === state) return;
    this.state = state;
    this.emit('state', state, reason);
  }
}

function checkOptions(
  { remote, srtp }: PlainTransportOptions,
  local: string,
  policy: PlainPolicy,
): void {
  if (remote) {
    const ports = [remote.port, remote.rtcpPort ?? remote.port];
    const isPort = (port: number) => Number.isInteger(port) && port > 0 && port <= 0xffff;
    if (
      isIP(remote.address) === 0 ||
      isIP(remote.address) !== isIP(local) ||
      !ports.every(isPort)
    ) {
      throw new PlenumError('bad_request', 'remote: a literal address of the local family, ports');
    }
  }
  if (srtp) checkKeys(srtp);
  else if (!policy.unencrypted && !(isLoopback(local) && isLoopback(remote?.address ?? local))) {
    throw new PlenumError('bad_request', 'RTP without SRTP is for loopback addresses');
  }
}

function checkKeys({ profile, receive, send }: PlainSrtp): void {
  const length = KEY_LENGTH[profile];
  if (receive.length !== length || send.length !== length || Buffer.compare(receive, send) === 0) {
    throw new PlenumError('bad_request', `two different keys with salts, of ${length} bytes`);
  }
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
