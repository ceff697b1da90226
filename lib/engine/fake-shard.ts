/** The objects of one shard of FakeEngine, and what each command does to them. Not public. */
import { isIP } from 'node:net';
import type { HandleKind } from './channel.js';
import type {
  Command,
  CommandStatus,
  Event,
  LinkCreateCommand,
  LinkSubscriptionCreateCommand,
  MediaKind,
  OutboundCreateCommand,
  PlainTransportCreateCommand,
  PublicationCreateCommand,
  RelayedPublicationCreateCommand,
  SubscriptionCreateCommand,
  SubscriptionReason,
  SubscriptionSetCommand,
  SubscriptionState,
  TapCreateCommand,
  TransportCreateCommand,
} from './contract.gen.js';
import { type Handle, indexOf, shardOf } from './handle.js';

/** Encodings of one track. */
const MAX_ENCODINGS = 4;
const GCM = 'aead_aes_128_gcm';
/** As a layer: nothing flows. */
const NO_LAYER = 255;

interface FakeObject {
  handle: Handle;
  /** What it stands on; closing one of them closes it. */
  parents: FakeObject[];
  kind: HandleKind;
  /** Of a link: its addresses and the id of its keys. */
  link?: string;
}

type Joint = Pick<SubscriptionCreateCommand, 'subscription' | 'publication' | 'outbound'>;

/** A publication or an outbound. */
interface FakeMedia extends FakeObject {
  media: MediaKind;
  /** Of a publication: how many. */
  encodings?: number;
  /** Of a publication. */
  muted?: boolean;
  /** Of a publication: what stands for it on other shards. */
  relays?: Handle[];
  /** What it stands for. */
  origin?: Handle;
}

interface FakeSubscription extends FakeObject {
  publication: FakeMedia;
  active: boolean;
  pauseReason: SubscriptionReason;
  announced: string;
}

type Handlers = {
  [T in Command['type']]: (command: Extract<Command, { type: T }>) => CommandStatus;
};

export class FakeShard {
  readonly #emit: (event: Event) => void;
  readonly #number: number;
  /** All of the engine, this one among them. */
  readonly #shards: readonly FakeShard[];
  /** By kind and index. */
  readonly #objects = new Map<string, FakeObject>();
  readonly #handlers: Handlers;

  constructor(emit: (event: Event) => void, number: number, shards: readonly FakeShard[]) {
    this.#emit = emit;
    this.#number = number;
    this.#shards = shards;
    this.#handlers = {
      roomCreate: ({ room, speakerIntervalMs }) =>
        speakerIntervalMs === 0 ? 'invalid_argument' : this.#add('room', room, []),
      roomClose: ({ room }) => this.#close('room', room),
      transportCreate: (command) => this.#createTransport(command),
      transportSetRemote: ({ transport, fingerprint, remoteUfrag, remotePwd }) =>
        this.#check(
          'transport',
          transport,
          () => isFingerprint(fingerprint) && areCredentialsOrNone(remoteUfrag, remotePwd),
        ),
      transportSetExtensions: ({ transport }) => this.#check('transport', transport),
      transportRestartIce: ({ transport, localUfrag, localPwd, remoteUfrag, remotePwd }) =>
        this.#check(
          'transport',
          transport,
          () =>
            areCredentials(localUfrag, localPwd) && areCredentialsOrNone(remoteUfrag, remotePwd),
        ),
      transportSetRates: ({ transport }) => this.#check('transport', transport),
      transportSetFeedback: ({ transport, intervalUs }) =>
        this.#check('transport', transport, () => intervalUs <= 1_000_000),
      transportClose: ({ transport }) => this.#close('transport', transport),
      publicationCreate: (command) => this.#createPublication(command),
      publicationSet: ({ publication, muted }) => this.#mute(publication, muted),
      publicationSetUsable: ({ publication }) => this.#setUsable(publication),
      publicationRequestKeyFrame: ({ publication }) => this.#check('publication', publication),
      publicationClose: ({ publication }) => this.#close('publication', publication),
      outboundCreate: (command) => this.#createOutbound(command),
      outboundClose: ({ outbound }) => this.#close('outbound', outbound),
      subscriptionCreate: (command) => this.#subscribe(command),
      linkSubscriptionCreate: (command) => this.#pin(command),
      tapCreate: (command) => this.#tap(command),
      subscriptionSet: (command) => this.#activate(command),
      subscriptionClose: ({ subscription }) => this.#close('subscription', subscription),
      plainTransportCreate: (command) => this.#createPlain(command),
      linkCreate: (command) => this.#createLink(command),
      relayCreate: ({ publication, to }) => this.#relay(publication, to),
      relayClose: ({ publication, to }) => this.#endRelay(publication, to),
      relayedPublicationCreate: (command) => this.#createRelayed(command),
      simAdvance: () => 'unsupported',
      simPacketIn: () => 'unsupported',
    };
  }

  apply(command: Command): CommandStatus {
    const handle = this.#handlers[command.type] as (command: Command) => CommandStatus;
    return handle(command);
  }

  #createTransport(command: TransportCreateCommand): CommandStatus {
    const { localUfrag, localPwd, remoteUfrag, remotePwd, fingerprint, plaintext } = command;
    const room = this.#find('room', command.room);
    const status = this.#checkNew('transport', command.transport, [room]);
    if (status !== 'ok') return status;
    if (plaintext) return 'unsupported';
    const isValid =
      isFingerprint(fingerprint) &&
      areCredentials(localUfrag, localPwd) &&
      areCredentialsOrNone(remoteUfrag, remotePwd);
    return isValid ? this.#add('transport', command.transport, [room]) : 'invalid_argument';
  }

  #createPlain(command: PlainTransportCreateCommand): CommandStatus {
    const room = this.#find('room', command.room);
    const status = this.#checkNew('transport', command.transport, [room]);
    if (status !== 'ok') return status;
    if (!isPlain(command)) return 'invalid_argument';
    const transport = command.transport;
    this.#add('transport', transport, [room]);
    if (command.remoteIp === '') return 'ok';
    const known = { state: 'connected', reason: 'none', profile: command.profile } as const;
    const remote = `${command.remoteIp}:${command.remotePort}`;
    this.#emit({ type: 'transportState', transport, ...known, remote });
    return 'ok';
  }

  /** Whether the other end is heard, a test says. */
  #createLink(command: LinkCreateCommand): CommandStatus {
    const { transport, localIp, localPort, remoteIp, remotePort, keyId } = command;
    const room = this.#find('room', command.room);
    const status = this.#checkNew('transport', transport, [room]);
    if (status !== 'ok') return status;
    const plain = { token: new Uint8Array(), remoteRtcpPort: 0, profile: GCM } as const;
    if (!isPlain({ ...plain, ...command, type: 'plainTransportCreate' })) return 'invalid_argument';
    const link = [localIp, localPort, remoteIp, remotePort, keyId].join(' ');
    if (this.#isLinked(link)) return 'wrong_state';
    this.#add('transport', transport, [room], { link });
    const connecting = { state: 'connecting', reason: 'none', profile: GCM, remote: '' } as const;
    this.#emit({ type: 'transportState', transport, ...connecting });
    return 'ok';
  }

  #isLinked(link: string): boolean {
    return [...this.#objects.values()].some((object) => object.link === link);
  }

  #setUsable(handle: Handle): CommandStatus {
    const publication = this.#find('publication', handle) as FakeMedia | undefined;
    if (!publication) return 'unknown_handle';
    if (publication.media !== 'video') return 'invalid_argument';
    return publication.origin === undefined ? 'ok' : 'wrong_state';
  }

  #createPublication(command: PublicationCreateCommand): CommandStatus {
    const { publication, codecs, encodings, muted, kind } = command;
    const room = this.#find('room', command.room);
    const transport = this.#find('transport', command.transport);
    const isOfRoom = transport?.parents[0] === room;
    const parents = [room, isOfRoom ? transport : undefined];
    const status = this.#checkNew('publication', publication, parents);
    if (status !== 'ok') return status;
    if (codecs.length === 0 || encodings.length === 0) return 'invalid_argument';
    const own = { muted, media: kind, encodings: encodings.length };
    return this.#add('publication', publication, parents, own);
  }

  #createOutbound(command: OutboundCreateCommand): CommandStatus {
    const { outbound, codecs, kind } = command;
    const parents = [this.#find('transport', command.transport)];
    const status = this.#checkNew('outbound', outbound, parents);
    if (status !== 'ok') return status;
    if (codecs.length === 0) return 'invalid_argument';
    return this.#add('outbound', outbound, parents, { media: kind });
  }

  #mute(handle: Handle, muted: boolean): CommandStatus {
    const publication = this.#find('publication', handle) as FakeMedia | undefined;
    if (!publication) return 'unknown_handle';
    if (publication.origin !== undefined) return 'wrong_state';
    this.#enterMuted(publication, muted);
    for (const to of publication.relays ?? []) this.#shards[shardOf(to)]?.hear(to, publication);
    return 'ok';
  }

  #enterMuted(publication: FakeMedia, muted: boolean): void {
    publication.muted = muted;
    for (const child of this.#childrenOf(publication)) this.#announce(child as FakeSubscription);
  }

  /** What another shard tells of a publication that is relayed to this one. */
  hear(handle: Handle, from: FakeMedia): void {
    const relayed = this.#find('publication', handle) as FakeMedia | undefined;
    if (relayed?.origin !== from.handle) return;
    this.#enterMuted(relayed, from.muted ?? false);
  }

  /** What stands for a publication of this shard asks how it is. */
  ask(handle: Handle, by: Handle): void {
    const publication = this.#find('publication', handle) as FakeMedia | undefined;
    if (publication?.relays?.includes(by)) this.#shards[shardOf(by)]?.hear(by, publication);
  }

  #isElsewhere(handle: Handle): boolean {
    return shardOf(handle) !== this.#number && this.#shards[shardOf(handle)] !== undefined;
  }

  #relay(handle: Handle, to: Handle): CommandStatus {
    const publication = this.#find('publication', handle) as FakeMedia | undefined;
    if (!publication) return 'unknown_handle';
    if (!this.#isElsewhere(to)) return 'invalid_argument';
    const { origin, relays = [] } = publication;
    const isThere = relays.some((relay) => shardOf(relay) === shardOf(to));
    if (origin !== undefined || isThere) return 'wrong_state';
    publication.relays = [...relays, to];
    this.#shards[shardOf(to)]?.hear(to, publication);
    return 'ok';
  }

  #endRelay(handle: Handle, to: Handle): CommandStatus {
    const publication = this.#find('publication', handle) as FakeMedia | undefined;
    if (!publication?.relays?.includes(to)) return 'unknown_handle';
    publication.relays = publication.relays.filter((relay) => relay !== to);
    return 'ok';
  }

  #createRelayed(command: RelayedPublicationCreateCommand): CommandStatus {
    const { publication, origin, codecs, encodings, kind } = command;
    const room = this.#find('room', command.room);
    const status = this.#checkNew('publication', publication, [room]);
    if (status !== 'ok') return status;
    const isValid =
      this.#isElsewhere(origin) && codecs.length > 0 && encodings > 0 && encodings <= MAX_ENCODINGS;
    if (!isValid) return 'invalid_argument';
    this.#add('publication', publication, [room], {
      ...{ muted: false, media: kind, encodings, origin },
    });
    this.#shards[shardOf(origin)]?.ask(origin, publication);
    return 'ok';
  }

  /** On a link. */
  #pin(command: LinkSubscriptionCreateCommand): CommandStatus {
    const status = this.#checkJoint(command);
    if (status !== 'ok') return status;
    const publication = this.#find('publication', command.publication) as FakeMedia;
    const outbound = this.#find('outbound', command.outbound);
    if (command.encoding >= (publication.encodings ?? 1)) return 'invalid_argument';
    if (outbound?.parents[0]?.link === undefined) return 'wrong_state';
    return this.#join(command, true);
  }

  /** Its packets a test says. */
  #tap({ subscription, publication: handle, codecs }: TapCreateCommand): CommandStatus {
    const publication = this.#find('publication', handle) as FakeMedia | undefined;
    const status = this.#checkNew('subscription', subscription, [publication]);
    if (status !== 'ok' || !publication) return status;
    if (codecs.length === 0) return 'invalid_argument';
    const own = { publication, active: true, pauseReason: 'hidden', announced: '' };
    this.#add('subscription', subscription, [publication], own);
    this.#announce(this.#find('subscription', subscription) as FakeSubscription);
    return 'ok';
  }

  #subscribe(command: SubscriptionCreateCommand): CommandStatus {
    const status = this.#checkJoint(command);
    return status === 'ok' ? this.#join(command, command.active) : status;
  }

  #checkJoint(command: Joint): CommandStatus {
    const publication = this.#find('publication', command.publication) as FakeMedia | undefined;
    const outbound = this.#find('outbound', command.outbound) as FakeMedia | undefined;
    const status = this.#checkNew('subscription', command.subscription, [publication, outbound]);
    if (status !== 'ok' || !publication || !outbound) return status;
    if (publication.media !== outbound.media) return 'invalid_argument';
    const isTaken = this.#childrenOf(outbound).length > 0;
    const isSameRoom = publication.parents[0] === outbound.parents[0]?.parents[0];
    return isTaken || !isSameRoom ? 'wrong_state' : 'ok';
  }

  #join({ subscription, ...command }: Joint, active: boolean): CommandStatus {
    const pauseReason: SubscriptionReason = 'hidden';
    const publication = this.#find('publication', command.publication) as FakeMedia;
    const outbound = this.#find('outbound', command.outbound) as FakeMedia;
    const own = { publication, active, pauseReason, announced: '' };
    this.#add('subscription', subscription, [publication, outbound], own);
    this.#announce(this.#find('subscription', subscription) as FakeSubscription);
    return 'ok';
  }

  #activate({ subscription: handle, active, pauseReason }: SubscriptionSetCommand): CommandStatus {
    const subscription = this.#find('subscription', handle) as FakeSubscription | undefined;
    if (!subscription) return 'unknown_handle';
    subscription.active = active;
    subscription.pauseReason = pauseReason;
    this.#announce(subscription);
    return 'ok';
  }

  /** Without packets it never gets further than `waiting`. */
  #announce(subscription: FakeSubscription): void {
    const [state, reason] = stateOf(subscription);
    const announced = `${state} ${reason}`;
    if (subscription.announced === announced) return;
    subscription.announced = announced;
    this.#emit({
      type: 'subscriptionState',
      subscription: subscription.handle,
      state,
      reason,
      spatial: NO_LAYER,
      temporal: NO_LAYER,
    });
  }

  /** As the addon looks at it: what it stands on, then whether the handle is free. */
  #checkNew(
    kind: HandleKind,
    handle: Handle,
    parents: readonly (FakeObject | undefined)[],
  ): CommandStatus {
    if (parents.includes(undefined)) return 'unknown_handle';
    return this.#objects.has(keyOf(kind, handle)) ? 'handle_in_use' : 'ok';
  }

  #add(
    kind: HandleKind,
    handle: Handle,
    parents: (FakeObject | undefined)[],
    own: object = {},
  ): CommandStatus {
    const status = this.#checkNew(kind, handle, parents);
    if (status !== 'ok') return status;
    const object = { kind, handle, parents: parents as FakeObject[], ...own };
    this.#objects.set(keyOf(kind, handle), object);
    return 'ok';
  }

  #find(kind: HandleKind, handle: Handle): FakeObject | undefined {
    const object = this.#objects.get(keyOf(kind, handle));
    return object?.handle === handle ? object : undefined;
  }

  #check(kind: HandleKind, handle: Handle, isValid = () => true): CommandStatus {
    if (!this.#find(kind, handle)) return 'unknown_handle';
    return isValid() ? 'ok' : 'invalid_argument';
  }

  #close(kind: HandleKind, handle: Handle): CommandStatus {
    const object = this.#find(kind, handle);
    if (!object) return 'unknown_handle';
    this.#remove(object);
    return 'ok';
  }

  #remove(object: FakeObject): void {
    this.#objects.delete(keyOf(object.kind, object.handle));
    for (const child of this.#childrenOf(object)) this.#remove(child);
  }

  #childrenOf(parent: FakeObject): FakeObject[] {
    return [...this.#objects.values()].filter(({ parents }) => parents.includes(parent));
  }
}

/** RFC 8445 §5.3. */
function areCredentials(ufrag: string, pwd: string): boolean {
  const isWithin = (length: number, lowest: number) => length >= lowest && length <= 256;
  return isWithin(ufrag.length, 4) && isWithin(pwd.length, 22);
}

/** Those of the client may come later; half of them may not. */
function areCredentialsOrNone(ufrag: string, pwd: string): boolean {
  return (ufrag === '' && pwd === '') || areCredentials(ufrag, pwd);
}

/** Either an address or a token; keys of the profile's length, one for each direction. */
function isPlain(command: PlainTransportCreateCommand): boolean {
  const { localIp, localPort, remoteIp, remotePort, remoteRtcpPort, token, profile } = command;
  const isLearned = remoteIp === '' && remoteRtcpPort === 0 && token.length === 40;
  const isGiven =
    isIP(remoteIp) !== 0 && isIP(remoteIp) === isIP(localIp) && remotePort > 0 && !token.length;
  const { inboundKey, outboundKey } = command;
  const length = { none: 0, aead_aes_128_gcm: 28, aes128_cm_hmac_sha1_80: 30 }[profile];
  const areKeys = inboundKey.length === length && outboundKey.length === length;
  const isTwice = length > 0 && Buffer.compare(inboundKey, outboundKey) === 0;
  return isIP(localIp) !== 0 && localPort > 0 && (isLearned || isGiven) && areKeys && !isTwice;
}

/** SHA-256, or none yet. */
function isFingerprint(bytes: Uint8Array): boolean {
  return bytes.length === 0 || bytes.length === 32;
}

function stateOf(subscription: FakeSubscription): [SubscriptionState, SubscriptionReason] {
  if (!subscription.active) return ['paused', subscription.pauseReason];
  return subscription.publication.muted ? ['paused', 'muted'] : ['waiting', 'none'];
}

function keyOf(kind: HandleKind, handle: Handle): string {
  return `${kind} ${indexOf(handle)}`;
}
