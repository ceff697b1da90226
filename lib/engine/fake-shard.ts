/** The objects of one shard of FakeEngine, and what each command does to them. Not public. */
import type { HandleKind } from './channel.js';
import type {
  Codec,
  Command,
  CommandStatus,
  Event,
  OutboundCreateCommand,
  PublicationCreateCommand,
  SubscriptionReason,
  SubscriptionState,
} from './contract.gen.js';
import { type Handle, indexOf, shardOf } from './handle.js';

interface FakeObject {
  handle: Handle;
  /** What it stands on; closing one of them closes it. */
  parents: FakeObject[];
  kind: HandleKind;
}

interface FakePublication extends FakeObject {
  codecs: readonly Codec[];
  muted: boolean;
}

interface FakeOutbound extends FakeObject {
  codecs: readonly Codec[];
}

interface FakeSubscription extends FakeObject {
  publication: FakePublication;
  outbound: FakeOutbound;
  active: boolean;
  announced: string;
}

type Handlers = {
  [T in Command['type']]: (command: Extract<Command, { type: T }>) => CommandStatus;
};

const FINGERPRINT_LENGTH = 32;

export class FakeShard {
  readonly #shard: number;
  readonly #emit: (event: Event) => void;
  /** By kind and index. */
  readonly #objects = new Map<string, FakeObject>();
  readonly #handlers: Handlers;

  constructor(shard: number, emit: (event: Event) => void) {
    this.#shard = shard;
    this.#emit = emit;
    this.#handlers = {
      roomCreate: ({ room }) => this.#add('room', room, []),
      roomClose: ({ room }) => this.#close('room', room),
      transportCreate: ({ transport, room, fingerprint, plaintext }) => {
        if (plaintext) return 'unsupported';
        if (![0, FINGERPRINT_LENGTH].includes(fingerprint.length)) return 'invalid_argument';
        return this.#add('transport', transport, [this.#find('room', room)]);
      },
      transportSetRemote: ({ transport, fingerprint }) =>
        fingerprint.length === FINGERPRINT_LENGTH
          ? this.#check('transport', transport)
          : 'invalid_argument',
      transportSetExtensions: ({ transport }) => this.#check('transport', transport),
      transportRestartIce: ({ transport }) => this.#check('transport', transport),
      transportClose: ({ transport }) => this.#close('transport', transport),
      publicationCreate: (command) => this.#createPublication(command),
      publicationSet: ({ publication, muted }) => this.#mute(publication, muted),
      publicationRequestKeyFrame: ({ publication }) => this.#check('publication', publication),
      publicationClose: ({ publication }) => this.#close('publication', publication),
      outboundCreate: (command) => this.#createOutbound(command),
      outboundClose: ({ outbound }) => this.#close('outbound', outbound),
      subscriptionCreate: ({ subscription, publication, outbound, active }) =>
        this.#subscribe(subscription, publication, outbound, active),
      subscriptionSet: ({ subscription, active }) => this.#activate(subscription, active),
      subscriptionClose: ({ subscription }) => this.#close('subscription', subscription),
      simAdvance: () => 'unsupported',
      simPacketIn: () => 'unsupported',
    };
  }

  apply(command: Command): CommandStatus {
    const handle = this.#handlers[command.type] as (command: Command) => CommandStatus;
    return handle(command);
  }

  #createPublication(command: PublicationCreateCommand): CommandStatus {
    const { publication, room, transport, codecs, encodings, muted } = command;
    if (codecs.length === 0 || encodings.length === 0) return 'invalid_argument';
    const parents = [this.#find('room', room), this.#find('transport', transport)];
    return this.#add('publication', publication, parents, { codecs, muted });
  }

  #createOutbound(command: OutboundCreateCommand): CommandStatus {
    const { outbound, transport, codecs } = command;
    if (codecs.length === 0) return 'invalid_argument';
    return this.#add('outbound', outbound, [this.#find('transport', transport)], { codecs });
  }

  #mute(handle: Handle, muted: boolean): CommandStatus {
    const publication = this.#find('publication', handle) as FakePublication | undefined;
    if (!publication) return 'unknown_handle';
    publication.muted = muted;
    for (const object of this.#objects.values()) {
      if (object.parents.includes(publication)) this.#announce(object as FakeSubscription);
    }
    return 'ok';
  }

  #subscribe(
    handle: Handle,
    publicationHandle: Handle,
    outboundHandle: Handle,
    active: boolean,
  ): CommandStatus {
    const publication = this.#find('publication', publicationHandle) as FakePublication;
    const outbound = this.#find('outbound', outboundHandle) as FakeOutbound;
    const isTaken = [...this.#objects.values()].some(
      ({ kind, parents }) => kind === 'subscription' && parents.includes(outbound),
    );
    if (outbound && isTaken) return 'wrong_state';
    const own = { publication, outbound, active, announced: '' };
    const status = this.#add('subscription', handle, [publication, outbound], own);
    if (status === 'ok') this.#announce(this.#find('subscription', handle) as FakeSubscription);
    return status;
  }

  #activate(handle: Handle, active: boolean): CommandStatus {
    const subscription = this.#find('subscription', handle) as FakeSubscription | undefined;
    if (!subscription) return 'unknown_handle';
    subscription.active = active;
    this.#announce(subscription);
    return 'ok';
  }

  /** Without packets it never gets further than `waiting`. */
  #announce(subscription: FakeSubscription): void {
    const [state, reason] = stateOf(subscription);
    const announced = `${state} ${reason}`;
    if (subscription.announced === announced) return;
    subscription.announced = announced;
    this.#emit({ type: 'subscriptionState', subscription: subscription.handle, state, reason });
  }

  #add(
    kind: HandleKind,
    handle: Handle,
    parents: (FakeObject | undefined)[],
    own: object = {},
  ): CommandStatus {
    if (shardOf(handle) !== this.#shard) return 'unknown_handle';
    if (this.#objects.has(keyOf(kind, handle))) return 'handle_in_use';
    if (parents.includes(undefined)) return 'unknown_handle';
    const object = { kind, handle, parents: parents as FakeObject[], ...own };
    this.#objects.set(keyOf(kind, handle), object);
    return 'ok';
  }

  #find(kind: HandleKind, handle: Handle): FakeObject | undefined {
    const object = this.#objects.get(keyOf(kind, handle));
    return object?.handle === handle ? object : undefined;
  }

  #check(kind: HandleKind, handle: Handle): CommandStatus {
    return this.#find(kind, handle) ? 'ok' : 'unknown_handle';
  }

  #close(kind: HandleKind, handle: Handle): CommandStatus {
    const object = this.#find(kind, handle);
    if (!object) return 'unknown_handle';
    this.#remove(object);
    return 'ok';
  }

  #remove(object: FakeObject): void {
    this.#objects.delete(keyOf(object.kind, object.handle));
    for (const child of [...this.#objects.values()]) {
      if (child.parents.includes(object)) this.#remove(child);
    }
  }
}

function stateOf(subscription: FakeSubscription): [SubscriptionState, SubscriptionReason] {
  const { active, publication, outbound } = subscription;
  if (!active) return ['paused', 'hidden'];
  if (publication.muted) return ['paused', 'muted'];
  const formats = new Set(outbound.codecs.map(({ format }) => format));
  const isForwardable = publication.codecs.some(({ format }) => formats.has(format));
  return isForwardable ? ['waiting', 'none'] : ['paused', 'codec_unsupported'];
}

function keyOf(kind: HandleKind, handle: Handle): string {
  return `${kind} ${indexOf(handle)}`;
}
