/**
 * What every engine must do, packets aside: run on FakeEngine and on the addon with the real clock.
 * Statuses and lifetimes of handles, states of subscriptions, statistics, closing.
 */
import type t from 'tap';
import type { Command, CommandStatus } from '../engine/contract.gen.js';
import type { Engine } from '../engine/engine.js';
import {
  handle,
  linkCreate,
  outboundCreate,
  plainTransportCreate,
  publicationCreate,
  relayedPublicationCreate,
  roomCreate,
  subscriptionCreate,
  transportCreate,
} from './commands.js';
import { EngineSession } from './engine-session.js';

type Test = typeof t;

const [room, sender, receiver] = [handle(0), handle(0), handle(1)];

/** A room with a publication of one transport, a slot of another, joined by a subscription. */
const MEETING: Command[] = [
  roomCreate(room),
  transportCreate(sender, room),
  transportCreate(receiver, room),
  publicationCreate(handle(0), sender),
  outboundCreate(handle(0), receiver),
  subscriptionCreate(handle(0), handle(0), handle(0)),
];

export function runContractSuite(t: Test, createEngine: (shards: number) => Engine): void {
  type Run = (t: Test, session: EngineSession) => Promise<void>;
  const test = (name: string, run: Run, shards = 1) =>
    t.test(name, async (t) => {
      const engine = createEngine(shards);
      t.teardown(() => engine.close());
      await run(t as unknown as Test, new EngineSession(engine));
    });
  test('addresses and fingerprint', describesItself);
  test('statuses come in the order of commands', answersInOrder);
  test('handles: in use, unknown, of another generation', checksHandles);
  test('arguments out of range', checksArguments);
  test('what an object stands on must exist and fit', checksParents);
  test('closing a parent closes what stands on it', closesTrees);
  test('a transport without ICE: an address or a token, keys of a profile', opensPlainTransports);
  test('a link: addresses, keys and their id; what stands on it', opensLinks);
  test('a slot carries one subscription at a time', sharesSlots);
  test('states of a subscription without packets', announcesStates);
  test('a publication on another shard', relays, 2);
  test('muting is told to other shards', relaysMuting, 2);
  test('bytes that are no batch', refusesGarbage);
  test('statistics', countsItself);
  test('after close', staysClosed);
}

async function describesItself(t: Test, { engine }: EngineSession) {
  t.match(engine.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  t.ok(engine.addresses.length > 0);
  for (const { shard, protocol, port } of engine.addresses) {
    t.equal(shard, 0);
    t.equal(protocol, 'udp');
    t.ok(port > 0);
  }
}

async function answersInOrder(t: Test, session: EngineSession) {
  const unknown: Command = { type: 'roomClose', room: handle(7) };
  const [first, second] = await Promise.all([
    session.submit([roomCreate(room), unknown, roomCreate(handle(1))]),
    session.submit([unknown, roomCreate(handle(2))]),
  ]);
  t.same(first, ['ok', 'unknown_handle', 'ok']);
  t.same(second, ['unknown_handle', 'ok']);
  t.same(await session.submit([]), []);
}

async function checksHandles(t: Test, session: EngineSession) {
  const closeOf = (generation: number): Command => ({
    type: 'roomClose',
    room: handle(3, generation),
  });
  const steps: [Command, CommandStatus][] = [
    [closeOf(0), 'unknown_handle'],
    [roomCreate(handle(3)), 'ok'],
    [roomCreate(handle(3)), 'handle_in_use'],
    [roomCreate(handle(3, 1)), 'handle_in_use'],
    [closeOf(1), 'unknown_handle'],
    [closeOf(0), 'ok'],
    [closeOf(0), 'unknown_handle'],
    [roomCreate(handle(3, 1)), 'ok'],
    [closeOf(0), 'unknown_handle'],
    [closeOf(1), 'ok'],
  ];
  for (const [command, expected] of steps) t.equal(await session.status(command), expected);
}

async function checksArguments(t: Test, session: EngineSession) {
  await session.submit(MEETING.slice(0, 3));
  const invalid: Command[] = [
    {
      type: 'roomCreate',
      room: handle(9),
      speakerIntervalMs: 0,
      loudest: 0,
      gateSilence: false,
      isHome: true,
    },
    transportCreate(handle(9), room, { fingerprint: new Uint8Array(31) }),
    transportCreate(handle(9), room, { localUfrag: 'abc' }),
    transportCreate(handle(9), room, { remoteUfrag: '' }),
    publicationCreate(handle(9), sender, { codecs: [] }),
    publicationCreate(handle(9), sender, { encodings: [] }),
    outboundCreate(handle(9), receiver, { codecs: [] }),
    {
      type: 'transportSetRemote',
      transport: receiver,
      remoteUfrag: 'remote',
      remotePwd: 'short',
      fingerprint: new Uint8Array(32),
    },
  ];
  for (const command of invalid) {
    t.equal(await session.status(command), 'invalid_argument', command.type);
  }
  const plain = transportCreate(handle(9), room, { plaintext: true });
  t.equal(await session.status(plain), 'unsupported');
  t.equal(await session.status({ type: 'simAdvance', nowUs: 1 }), 'unsupported');
}

async function checksParents(t: Test, session: EngineSession) {
  await session.submit([...MEETING, roomCreate(handle(1)), transportCreate(handle(5), handle(1))]);
  const steps: [Command, CommandStatus][] = [
    [transportCreate(handle(9), handle(9)), 'unknown_handle'],
    [publicationCreate(handle(9), handle(9)), 'unknown_handle'],
    [publicationCreate(handle(9), handle(5)), 'unknown_handle'],
    [outboundCreate(handle(9), handle(9)), 'unknown_handle'],
    [subscriptionCreate(handle(9), handle(9), handle(0)), 'unknown_handle'],
    [subscriptionCreate(handle(9), handle(0), handle(9)), 'unknown_handle'],
    [outboundCreate(handle(1), receiver, { kind: 'audio' }), 'ok'],
    [subscriptionCreate(handle(9), handle(0), handle(1)), 'invalid_argument'],
    [outboundCreate(handle(2), handle(5)), 'ok'],
    [subscriptionCreate(handle(9), handle(0), handle(2)), 'wrong_state'],
  ];
  for (const [command, expected] of steps) t.equal(await session.status(command), expected);
}

async function closesTrees(t: Test, session: EngineSession) {
  const gone: Command[] = [
    { type: 'subscriptionClose', subscription: handle(0) },
    { type: 'publicationSet', publication: handle(0), muted: true },
  ];
  t.ok((await session.submit(MEETING)).every((status) => status === 'ok'));
  await session.submit([{ type: 'transportClose', transport: sender }]);
  t.same(await session.submit(gone), ['unknown_handle', 'unknown_handle']);
  t.equal(await session.status({ type: 'outboundClose', outbound: handle(0) }), 'ok');
  t.equal(await session.status({ type: 'roomClose', room }), 'ok');
  t.equal(await session.status({ type: 'transportClose', transport: receiver }), 'unknown_handle');
  t.ok(
    (await session.submit(MEETING)).every((status) => status === 'ok'),
    'all is free again',
  );
}

async function opensPlainTransports(t: Test, session: EngineSession) {
  await session.submit([roomCreate(room)]);
  const [key, other] = [new Uint8Array(28).fill(1), new Uint8Array(28).fill(2)];
  const keys = { inboundKey: key, outboundKey: other };
  const profile = 'aead_aes_128_gcm';
  const token = new Uint8Array(40).fill(9);
  const steps: [Parameters<typeof plainTransportCreate>[2], CommandStatus][] = [
    [{ localIp: 'somewhere' }, 'invalid_argument'],
    [{ remotePort: 0 }, 'invalid_argument'],
    [{ remoteIp: '::1' }, 'invalid_argument'],
    [{ token }, 'invalid_argument'],
    [{ remoteIp: '' }, 'invalid_argument'],
    [{ inboundKey: key, outboundKey: other }, 'invalid_argument'],
    [{ profile, inboundKey: key, outboundKey: key }, 'invalid_argument'],
    [{ profile: 'aes128_cm_hmac_sha1_80', ...keys }, 'invalid_argument'],
    [{ profile, ...keys }, 'ok'],
  ];
  for (const [own, expected] of steps) {
    t.equal(await session.status(plainTransportCreate(sender, room, own)), expected);
  }
  const learned = plainTransportCreate(receiver, room, { remoteIp: '', remotePort: 0, token });
  const objects = [learned, publicationCreate(handle(0), sender)];
  t.same(await session.submit(objects), ['ok', 'ok']);
  const states = session.events.filter(({ type }) => type === 'transportState');
  t.match(states, [{ state: 'connected', profile, remote: '127.0.0.1:5004' }]);
}

async function opensLinks(t: Test, session: EngineSession) {
  await session.submit(MEETING);
  const link = handle(5);
  const invalid: Parameters<typeof linkCreate>[2][] = [
    { localIp: 'somewhere' },
    { remotePort: 0 },
    { remoteIp: '::1' },
    { remoteIp: '' },
    { outboundKey: new Uint8Array(28).fill(1) },
    { inboundKey: new Uint8Array(30) },
  ];
  for (const own of invalid) {
    t.equal(await session.status(linkCreate(link, room, own)), 'invalid_argument');
  }
  const pin = (outbound: number, encoding = 0, publication = 0): Command => ({
    ...{ type: 'linkSubscriptionCreate', subscription: handle(9), encoding },
    ...{ publication: handle(publication), outbound: handle(outbound) },
  });
  const usable = (publication: number): Command => ({
    ...{ type: 'publicationSetUsable', publication: handle(publication), encodings: 1 },
  });
  const steps: [Command, CommandStatus][] = [
    [linkCreate(link, handle(9)), 'unknown_handle'],
    [linkCreate(receiver, room), 'handle_in_use'],
    [linkCreate(link, room), 'ok'],
    [linkCreate(handle(6), room), 'wrong_state'],
    [linkCreate(handle(6), room, { keyId: 8 }), 'ok'],
    [outboundCreate(handle(5), link), 'ok'],
    [outboundCreate(handle(6), receiver), 'ok'],
    [pin(6), 'wrong_state'],
    [pin(5, 1), 'invalid_argument'],
    [pin(5, 0, 4), 'unknown_handle'],
    [pin(5), 'ok'],
    [pin(5), 'handle_in_use'],
    [{ type: 'subscriptionClose', subscription: handle(9) }, 'ok'],
    [publicationCreate(handle(3), link), 'ok'],
    [usable(3), 'ok'],
    [usable(4), 'unknown_handle'],
    [{ type: 'transportClose', transport: link }, 'ok'],
    [usable(3), 'unknown_handle'],
    [linkCreate(link, room), 'ok'],
  ];
  for (const [command, expected] of steps) {
    t.equal(await session.status(command), expected, command.type);
  }
  const states = session.events.filter(({ type }) => type === 'transportState');
  t.match(states[0], { transport: link, state: 'connecting', profile: 'aead_aes_128_gcm' });
}

async function sharesSlots(t: Test, session: EngineSession) {
  await session.submit([...MEETING, publicationCreate(handle(1), sender)]);
  const second = subscriptionCreate(handle(1), handle(1), handle(0));
  t.equal(await session.status(second), 'wrong_state');
  const close: Command = { type: 'subscriptionClose', subscription: handle(0) };
  t.same(await session.submit([close, second]), ['ok', 'ok']);
}

async function announcesStates(t: Test, session: EngineSession) {
  const states = () =>
    session.events.flatMap((event) =>
      event.type === 'subscriptionState' ? [`${event.state} ${event.reason}`] : [],
    );
  const setActive = (active: boolean): Command => ({
    type: 'subscriptionSet',
    subscription: handle(0),
    active,
    pauseReason: 'hidden',
    spatial: 255,
    temporal: 255,
    priority: 100,
  });
  const mute = (muted: boolean): Command => ({
    type: 'publicationSet',
    publication: handle(0),
    muted,
  });
  await session.submit(MEETING);
  await session.submit([setActive(false), setActive(false)]);
  await session.submit([mute(true), setActive(true), mute(false)]);
  await session.event('subscriptionState', () => states().length === 4);
  t.same(states(), ['waiting none', 'paused hidden', 'paused muted', 'waiting none']);
}

/** The same room on shard 1, with a slot of a transport of its own. */
const THERE = 1;
const [roomThere, relayed] = [handle(0, 0, THERE), handle(0, 0, THERE)];
const ROOM_THERE: Command[] = [
  { ...roomCreate(roomThere), isHome: false } as Command,
  transportCreate(handle(0, 0, THERE), roomThere, { localUfrag: 'there' }),
  outboundCreate(handle(0, 0, THERE), handle(0, 0, THERE)),
];
const relay = (publication = handle(0), to = relayed): Command => ({
  ...{ type: 'relayCreate', publication, to },
});
const RELAY_CLOSE: Command = { type: 'relayClose', publication: handle(0), to: relayed };

async function relays(t: Test, session: EngineSession) {
  await session.submit(MEETING);
  await session.submit(ROOM_THERE, THERE);
  const statuses: [Command, CommandStatus][] = [
    [relay(handle(9)), 'unknown_handle'],
    [relay(handle(0), handle(0)), 'invalid_argument'],
    [relay(handle(0), handle(0, 0, 2)), 'invalid_argument'],
    [RELAY_CLOSE, 'unknown_handle'],
    [relay(), 'ok'],
    [relay(), 'wrong_state'],
    [RELAY_CLOSE, 'ok'],
    [relay(), 'ok'],
  ];
  for (const [command, expected] of statuses) t.equal(await session.status(command), expected);
  const create = relayedPublicationCreate(relayed, handle(0));
  const there: [Command, CommandStatus][] = [
    [{ ...create, room: handle(9, 0, THERE) } as Command, 'unknown_handle'],
    [{ ...create, origin: handle(0, 0, THERE) } as Command, 'invalid_argument'],
    [{ ...create, encodings: 5 } as Command, 'invalid_argument'],
    [{ ...create, codecs: [] } as Command, 'invalid_argument'],
    [create, 'ok'],
    [create, 'handle_in_use'],
    [{ type: 'publicationSet', publication: relayed, muted: true }, 'wrong_state'],
    [relay(relayed, handle(5)), 'wrong_state'],
    [subscriptionCreate(handle(0, 0, THERE), relayed, handle(0, 0, THERE)), 'ok'],
    [{ type: 'publicationClose', publication: relayed }, 'ok'],
    [{ type: 'subscriptionClose', subscription: handle(0, 0, THERE) }, 'unknown_handle'],
    [create, 'ok'],
    [{ type: 'roomClose', room: roomThere }, 'ok'],
    [{ type: 'publicationClose', publication: relayed }, 'unknown_handle'],
  ];
  for (const [command, expected] of there) {
    t.same(await session.submit([command], THERE), [expected], command.type);
  }
}

async function relaysMuting(t: Test, session: EngineSession) {
  const states = () =>
    session.events.flatMap((event) =>
      event.type === 'subscriptionState' && event.subscription === handle(0, 0, THERE)
        ? [`${event.state} ${event.reason}`]
        : [],
    );
  const mute = (muted: boolean): Command => ({
    type: 'publicationSet',
    publication: handle(0),
    muted,
  });
  const joined = [
    ...ROOM_THERE,
    relayedPublicationCreate(relayed, handle(0)),
    subscriptionCreate(handle(0, 0, THERE), relayed, handle(0, 0, THERE)),
  ];
  await session.submit(joined, THERE);
  await session.submit([...MEETING, mute(true), relay()]);
  await session.event('subscriptionState', () => states().length === 2);
  await session.submit([mute(false)]);
  await session.event('subscriptionState', () => states().length === 3);
  t.same(states(), ['waiting none', 'paused muted', 'waiting none']);
}

async function refusesGarbage(t: Test, { engine }: EngineSession) {
  const garbage = [new Uint8Array(), new Uint8Array(5), new Uint8Array(64).fill(0xff)];
  for (const bytes of garbage) {
    t.throws(() => engine.submit(0, bytes), { name: 'PlenumError', code: 'bad_request' });
  }
  for (const shard of [-1, 1, 0.5]) {
    const none = new Uint8Array(6);
    t.throws(() => engine.submit(shard, none), { name: 'PlenumError', code: 'bad_request' });
  }
}

async function countsItself(t: Test, session: EngineSession) {
  await session.submit(MEETING);
  const stats = session.stats();
  t.same(
    stats.shards.map(({ shard }) => shard),
    [0],
  );
  const head = new Float64Array(6);
  const needed = session.engine.readStats(head);
  t.equal(head[1], needed, 'a short buffer gets the head');
  t.ok(needed > 6);
}

async function staysClosed(t: Test, session: EngineSession) {
  await session.submit(MEETING);
  const { engine } = session;
  const count = session.events.length;
  engine.submit(0, new Uint8Array(6));
  engine.close();
  engine.close();
  t.throws(() => engine.submit(0, new Uint8Array(6)), { code: 'engine_closed' });
  t.throws(() => engine.onEvents(() => {}), { code: 'engine_closed' });
  t.throws(() => engine.readStats(new Float64Array(6)), { code: 'engine_closed' });
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(session.events.length, count, 'no event afterwards');
}
