/** What the two transports of a participant have in common. */
import { isDeepStrictEqual } from 'node:util';
import { assertOpen, type Core, newIceCredentials, newSessionId } from './core.js';
import type { ObjectEvent } from './engine/channel.js';
import type { TransportReason, TransportState } from './engine/contract.gen.js';
import { type Handle, shardOf } from './engine/handle.js';
import { PlenumError } from './errors.js';
import type {
  IceCredentials,
  LocalParameters,
  RemoteParameters,
} from './negotiation/association.js';
import { isCandidate } from './negotiation/candidates.js';
import { readIceFragment, writeIceFragment } from './negotiation/ice-fragment.js';

export type { TransportReason, TransportState };

/** Seen from the client: what it publishes, what it subscribes to. */
export type Direction = 'publish' | 'subscribe';

/** A candidate of the client, as its browser gives it. */
export interface RemoteCandidate {
  mid: string;
  ufrag: string;
  /** `candidate:…` of RFC 8839 §5.1, '' or null for the end. */
  candidate: string | null;
}

export interface TransportEvents {
  /** `failed` and `closed` are final; `disconnected` becomes `connected` again by itself. */
  state: [state: TransportState, reason: TransportReason];
}

/** One ICE + DTLS + SRTP association of a participant. */
export interface Transport {
  /** `new` until the first description has gone to the engine. */
  readonly state: TransportState;
  /** Its client has described itself: what it has of media here is not nothing. */
  readonly isNegotiated: boolean;
  /** Remote candidates taken so far. */
  readonly candidates: number;
  /**
   * Takes a remote candidate. It is validated and counted; an ICE-lite agent has no use for it.
   * @throws PlenumError `bad_request` when it has another form, `closed`.
   */
  addCandidate(candidate: RemoteCandidate): void;
  /**
   * Takes an SDP fragment (RFC 8840) of a client that does not offer again (WHIP, WHEP). Its
   * candidates are counted; credentials other than those in force restart ICE: then the answer is
   * the fragment with ours, else null. When the restart fails the old credentials stay in force.
   * @throws PlenumError `sdp_rejected`, `conflict` (nothing is negotiated yet), `closed`.
   */
  patch(fragment: string): Promise<string | null>;
}

/** The association that both directions are built on. Not public. */
export class Association implements Transport {
  state: TransportState = 'new';
  candidates = 0;
  readonly sessionId = newSessionId();
  credentials: IceCredentials;
  /** null: no description of the client was taken yet. */
  remote: RemoteParameters | null = null;
  isClosed = false;
  #handle: Handle | null = null;
  readonly #core: Core;
  readonly #room: Handle;
  readonly #changed: (state: TransportState, reason: TransportReason) => void;
  readonly #heard: (event: ObjectEvent) => void;

  constructor(
    core: Core,
    room: Handle,
    changed: (state: TransportState, reason: TransportReason) => void,
    heard: (event: ObjectEvent) => void = () => {},
  ) {
    this.#core = core;
    this.#room = room;
    this.credentials = this.newCredentials();
    this.#changed = changed;
    this.#heard = heard;
  }

  /** null: not open yet, or closed. */
  get handle(): Handle | null {
    return this.#handle;
  }

  get isNegotiated(): boolean {
    return this.remote !== null;
  }

  get local(): LocalParameters {
    return this.localWith(this.credentials);
  }

  /** Credentials for this association, for its beginning or an ICE restart. */
  newCredentials(): IceCredentials {
    return newIceCredentials(shardOf(this.#room));
  }

  /** Our side with other credentials, for an ICE restart. */
  localWith(credentials: IceCredentials): LocalParameters {
    const { fingerprint } = this.#core;
    return { ...credentials, fingerprint, addresses: this.#core.addressesOf(shardOf(this.#room)) };
  }

  addCandidate({ candidate }: RemoteCandidate): void {
    assertOpen(this.isClosed, 'transport');
    if (!isCandidate(candidate ?? '')) throw new PlenumError('bad_request', 'a bad candidate');
    this.candidates++;
  }

  /** Makes the association in the engine, which from then on answers checks to our credentials. */
  open(remote: IceCredentials & { fingerprint: Uint8Array }): Promise<void> {
    const { channel } = this.#core;
    const transport = channel.open('transport', shardOf(this.#room), (event) =>
      this.#handleEvent(event),
    );
    this.#handle = transport;
    return channel.request(transport, {
      type: 'transportCreate',
      transport,
      room: this.#room,
      localUfrag: this.credentials.ufrag,
      localPwd: this.credentials.pwd,
      remoteUfrag: remote.ufrag,
      remotePwd: remote.pwd,
      fingerprint: remote.fingerprint,
      plaintext: false,
    });
  }

  /** What was before stays in force when the engine refuses. */
  async restart(local: IceCredentials, remote: IceCredentials): Promise<void> {
    const before = this.credentials;
    this.credentials = local;
    const transport = this.#handle as Handle;
    try {
      await this.#core.channel.request(transport, {
        type: 'transportRestartIce',
        transport,
        localUfrag: local.ufrag,
        localPwd: local.pwd,
        remoteUfrag: remote.ufrag,
        remotePwd: remote.pwd,
      });
    } catch (error) {
      this.credentials = before;
      throw error;
    }
  }

  async patch(text: string): Promise<string | null> {
    assertOpen(this.isClosed, 'transport');
    const { remote } = this;
    if (!remote) throw new PlenumError('conflict', 'nothing is negotiated yet');
    const fragment = readIceFragment(text);
    this.candidates += fragment.candidates.filter(isCandidate).length;
    const { credentials } = fragment;
    const isKnown = credentials?.ufrag === remote.ufrag && credentials.pwd === remote.pwd;
    if (!credentials || isKnown) return null;
    await this.restart(this.newCredentials(), credentials);
    this.remote = { ...remote, ...credentials };
    return writeIceFragment(fragment, this.local);
  }

  /** One association, one certificate. @throws PlenumError `sdp_rejected`. */
  checkCertificate({ fingerprint }: RemoteParameters): void {
    if (this.remote && !isDeepStrictEqual(this.remote.fingerprint, fingerprint)) {
      throw new PlenumError('sdp_rejected', 'the certificate has changed');
    }
  }

  /** The engine did not take it: as if it had never been opened. */
  abandon(): void {
    if (this.#handle !== null) this.#core.channel.forget('transport', this.#handle);
    this.#handle = null;
  }

  /** To be called after everything that stands on it is closed. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const transport = this.#handle;
    this.#handle = null;
    if (transport !== null) {
      this.#core.channel.close('transport', transport, { type: 'transportClose', transport });
    }
    this.#enter('closed', 'closed_by_command');
  }

  #handleEvent(event: ObjectEvent): void {
    if (event.type === 'transportState') this.#enter(event.state, event.reason);
    this.#heard(event);
  }

  #enter(state: TransportState, reason: TransportReason): void {
    if (this.state === state) return;
    this.state = state;
    this.#changed(state, reason);
  }
}
