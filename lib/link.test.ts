import t from 'tap';
import type { Command, LayerRate } from './engine/contract.gen.js';
import { type Handle, shardOf } from './engine/handle.js';
import { createLinkKeys, type LinkOptions } from './link.js';
import type { LinkDemand, LinkTrack } from './link-track.js';
import type { Publication, RemovalReason } from './publication.js';
import type { Subscription } from './subscription.js';
import { carry, linkRooms } from './testing/linked-rooms.js';
import {
  acceptOffer,
  CAMERA,
  join,
  type Meeting,
  MICROPHONE,
  openMeeting,
  publish,
  settle,
} from './testing/meeting.js';

function of<T extends Command['type']>({ engine }: Meeting, type: T) {
  return engine.commands.filter(
    (command): command is Extract<Command, { type: T }> => command.type === type,
  );
}

const THREE = ['q', 'h', 'f'].map((rid) => ({ rid }));

/** Anna publishes at near; bert is at far, and everything that she has goes there. */
async function openLinked(shards = 1) {
  const [near, far] = [openMeeting(shards), openMeeting(shards)];
  const anna = join(near, 'anna');
  const bert = join(far, 'bert');
  const [there, back] = await linkRooms(near.room, far.room);
  return { near, far, anna, bert, there, back };
}

async function openSimulcast() {
  const linked = await openLinked();
  const camera = { ...CAMERA, mid: '0', encodings: THREE };
  const { publications } = await publish(linked.anna, [camera], 1, 'chromium-offer-simulcast');
  const published = publications[0]?.publication as Publication;
  return { ...linked, published };
}

/** What an engine measures of the first publication; below 0: dead. */
function measure(meeting: Meeting, kbps: readonly number[]) {
  const { publication } = of(meeting, 'publicationCreate')[0] as { publication: Handle };
  const layers: LayerRate[] = kbps.map((rate, spatial) => ({
    ...{ spatial, temporal: 0, bitrateBps: 1000 * Math.max(0, rate), alive: rate >= 0 },
    ...{ width: 320 * 2 ** spatial, height: 180 * 2 ** spatial, keyBytes: 0 },
  }));
  const atUs = 1000 * meeting.clock.now();
  meeting.engine.emit({ type: 'layerRates', publication, atUs, layers });
}

/** Encodings that cross now. */
function crossing(meeting: Meeting): number[] {
  const closed = new Set(of(meeting, 'subscriptionClose').map(({ subscription }) => subscription));
  return of(meeting, 'linkSubscriptionCreate')
    .filter(({ subscription }) => !closed.has(subscription))
    .map(({ encoding }) => encoding)
    .sort();
}

t.test('a publication of one node is one of the other', async (t) => {
  const { near, far, anna, bert, there, back } = await openLinked();
  const { publications } = await publish(anna, [MICROPHONE, CAMERA]);
  const [microphone, camera] = publications.map(({ publication }) => publication) as Publication[];
  const added: string[] = [];
  far.room.on('publicationAdded', ({ id }) => added.push(id));
  const seen = carry(camera?.id as string, there, back);
  carry(microphone?.id as string, there, back);
  await settle();
  t.same(added, [camera?.id, microphone?.id]);
  t.match(seen, { id: camera?.id, kind: 'video', source: 'camera', cid: 'cam', muted: false });
  t.match(seen, { codec: camera?.codec, mid: '', participant: { id: 'anna', room: far.room } });
  t.equal(far.room.publications.get(seen.id), seen);
  t.same([...far.room.participants.keys()], ['bert'], 'its participant has no seat here');
  t.equal(far.node.stats().participants, 1);
  t.ok(bert.subscriptions.has(seen.id));
  t.same(crossing(near), [], 'nobody can receive it yet');
  await acceptOffer(bert);
  await settle();
  t.same(crossing(near), [0, 0]);
  const outbound = of(near, 'outboundCreate').find(({ kind }) => kind === 'video');
  t.match(of(near, 'linkCreate')[0], { keyId: of(far, 'linkCreate')[0]?.keyId });
  t.match(of(far, 'publicationCreate')[0]?.encodings, [
    { ssrc: outbound?.ssrc, rtxSsrc: outbound?.rtxSsrc },
  ]);
  bert.close();
  await far.clock.pass(6000);
  await settle();
  t.same(crossing(near), [], 'and nobody any more');
  t.same([...near.refused, ...far.refused], []);
});

t.test('only encodings that somebody there gets cross', async (t) => {
  const { near, far, bert, there, back, published } = await openSimulcast();
  const demands: LinkDemand[] = [];
  back.on('demand', (_, demand) => demands.push(demand));
  measure(near, [100, 300, 900]);
  await settle();
  const seen = carry(published.id, there, back);
  t.same(
    seen.layers.map(({ width }) => width),
    [320, 640, 1280],
    'measured where it is published',
  );
  await acceptOffer(bert);
  await settle();
  const subscription = bert.subscriptions.get(seen.id) as Subscription;
  const goal = of(far, 'subscriptionCreate').at(-1)?.spatial as number;
  t.same(crossing(near), [goal], 'the one that bert is to get');
  t.same(back.demands.get(seen.id), demands.at(-1));
  const { subscription: handle } = of(far, 'subscriptionCreate').at(-1) as { subscription: Handle };
  const flow = async (spatial: number) => {
    far.engine.emit({
      ...{ type: 'subscriptionState', subscription: handle, state: 'active', reason: 'none' },
      ...{ spatial, temporal: 0 },
    });
    await settle();
  };
  await flow(goal);
  subscription.set({ maxLayer: { spatial: 0, temporal: 0 } });
  await far.clock.pass(60);
  await settle();
  t.same(crossing(near), [0, goal], 'the old one goes until the new one is there');
  await flow(0);
  await far.clock.pass(1900);
  t.same(crossing(near), [0, goal], 'and a while longer');
  await far.clock.pass(200);
  await settle();
  t.same(crossing(near), [0]);
  t.equal(published.demand.filter(({ active }) => active).length, 3, 'the publisher waits 5 s');
  subscription.set({ visible: false });
  await far.clock.pass(6000);
  await near.clock.pass(6000);
  await settle();
  t.same(crossing(near), []);
  t.same(demands.at(-1), { top: -1, encodings: [] });
  t.notOk(
    published.demand.some(({ active }) => active),
    'the publisher need send nothing',
  );
  subscription.set({ visible: true, maxLayer: { spatial: 1, temporal: 3 } });
  await settle();
  t.same(
    published.demand.map(({ active }) => active),
    [true, true, false],
  );
  t.same([...near.refused, ...far.refused], []);
});

t.test('an encoding that dies there is not waited for here', async (t) => {
  const { near, far, bert, there, back, published } = await openSimulcast();
  carry(published.id, there, back);
  await acceptOffer(bert);
  const usable = () => of(far, 'publicationSetUsable').at(-1)?.encodings;
  t.equal(usable(), 0b111, 'what is not known may be');
  measure(near, [100, 300, -1]);
  await settle();
  t.equal(usable(), 0b011);
  await far.clock.pass(2100);
  await settle();
  t.notOk(crossing(near).includes(2));
  measure(near, [100, 300, 900]);
  await settle();
  t.equal(usable(), 0b111);
  t.same([...near.refused, ...far.refused], []);
});

t.test('what changes is told: at once, or rates once a second', async (t) => {
  const { near, far, there, back, published } = await openSimulcast();
  const tracks: LinkTrack[] = [];
  there.on('track', (track) => tracks.push(track));
  const seen = carry(published.id, there, back);
  const updates: boolean[] = [];
  far.room.on('publicationUpdated', ({ muted }) => updates.push(muted));
  published.setMuted(true);
  published.setMuted(true, 'host');
  await settle();
  t.same([tracks.length, seen.muted, updates.at(-1)], [1, true, true]);
  t.match(of(far, 'publicationSet').at(-1), { muted: true });
  published.setMuted(false, 'host');
  await settle();
  t.equal(tracks.length, 1, 'muted is muted');
  published.setMuted(false);
  await settle();
  t.same([tracks.length, seen.muted], [2, false]);
  measure(near, [100, 300, 900]);
  await settle();
  t.equal(tracks.length, 3, 'layers came');
  for (const rate of [901, 1200, 1300]) measure(near, [100, 300, rate]);
  await settle();
  t.equal(tracks.length, 3);
  await near.clock.pass(1100);
  t.equal(tracks.length, 4);
  t.equal(there.sent.get(published.id)?.layers[2]?.bitrateBps, 1_300_000);
  measure(near, [100, 300, 1310]);
  await settle();
  await near.clock.pass(1100);
  t.equal(tracks.length, 4, 'a percent is not worth a word');
});

t.test('who is muted by a host of one node is muted for that node alone', async (t) => {
  const { there, back, published } = await openSimulcast();
  const seen = carry(published.id, there, back);
  seen.setMuted(true, 'host');
  t.equal(published.muted, false, 'for this node alone');
  published.setMuted(true);
  published.setMuted(false);
  await settle();
  t.equal(seen.muted, true, 'what is told of the publisher opens no other switch');
  seen.setMuted(false, 'host');
  t.equal(seen.muted, false);
});

t.test('the end of a publication, whoever ends it', async (t) => {
  const ends: [
    string,
    RemovalReason,
    (linked: Awaited<ReturnType<typeof openSimulcast>>) => void,
  ][] = [
    ['the publication', 'removed', ({ published }) => published.close()],
    ['its participant', 'left', ({ anna }) => anna.close()],
    ['the room there', 'room_closed', ({ near }) => near.room.close()],
    ['the room here', 'room_closed', ({ far }) => far.room.close()],
    ['the link here', 'ended', ({ back }) => back.close()],
    ['what stands for it', 'removed', ({ far }) => [...far.room.publications.values()][0]?.close()],
  ];
  for (const [name, expected, end] of ends) {
    const linked = await openSimulcast();
    const { near, far, bert, there, back, published } = linked;
    carry(published.id, there, back);
    await acceptOffer(bert);
    await settle();
    const reasons: RemovalReason[] = [];
    far.room.on('publicationRemoved', (_, reason) => reasons.push(reason));
    end(linked);
    await settle();
    t.same(reasons, [expected], name);
    if (name === 'what stands for it') t.same(crossing(near), [], 'it is not needed any more');
    there.close();
    back.close();
    await settle();
    t.equal(far.room.publications.size, 0, name);
    t.equal(bert.subscriptions.size, 0, name);
    t.same([...near.refused, ...far.refused], [], name);
  }
});

t.test('streams are used again, but not at once', async (t) => {
  const { near, anna, there } = await openLinked();
  const ssrcs = () => there.sent.get(published().id)?.encodings.map(({ ssrc }) => ssrc);
  const published = () => [...anna.publications.values()][0] as Publication;
  const again = async (rev: number) => {
    anna.publications.forEach((publication) => {
      publication.close();
    });
    await publish(anna, [{ ...CAMERA, cid: `cam ${rev}` }], rev);
    there.send(published().id);
    return ssrcs();
  };
  const first = await again(1);
  const second = await again(2);
  t.notSame(second, first, 'what is on its way might be taken for the other one');
  await near.clock.pass(5000);
  t.same(await again(3), first);
  await near.clock.pass(5000);
  t.same(await again(4), second);
});

t.test('what does not fit is refused by name, and changes nothing', async (t) => {
  const { near, far, anna, there, back } = await openLinked();
  const { publications } = await publish(anna, [CAMERA]);
  const id = publications[0]?.publication.id as string;
  t.throws(() => there.send('nobody'), { code: 'unknown_publication' });
  const track = there.send(id);
  t.equal(there.send(id), track, 'once');
  const refuses = (change: object, code: string) =>
    t.throws(() => back.receive({ ...track, ...change } as LinkTrack), { code }, code);
  refuses({ kind: 'smell' }, 'bad_request');
  refuses({ source: 'microphone' }, 'bad_request');
  refuses({ encodings: [] }, 'bad_request');
  refuses({ encodings: [{ rid: '', ssrc: 1, rtxSsrc: 1 }] }, 'bad_request');
  refuses({ encodings: [{ rid: '', ssrc: 0, rtxSsrc: 1 }] }, 'bad_request');
  refuses({ layers: [{ spatial: 9 }] }, 'bad_request');
  refuses({ muted: 'yes' }, 'bad_request');
  refuses({ codecs: [] }, 'codec_unsupported');
  refuses({ codecs: [{ ...track.codecs[0], codec: 'h266' }] }, 'codec_unsupported');
  const seen = back.receive(track);
  t.equal(back.receive(track), seen);
  refuses({ encodings: [{ rid: '', ssrc: 5, rtxSsrc: 6 }] }, 'conflict');
  refuses({ publicationId: 'another' }, 'conflict');
  t.throws(() => back.send(id), { code: 'bad_request' }, 'it goes no further');
  t.throws(() => there.receive(track), { code: 'conflict' }, 'nor back');
  const demand = (value: object) => () => there.setDemand(id, value as LinkDemand);
  t.throws(demand({ top: 4, encodings: [] }), { code: 'bad_request' });
  t.throws(demand({ top: 0, encodings: [-1] }), { code: 'bad_request' });
  t.throws(demand({ top: 0, encodings: '0' }), { code: 'bad_request' });
  await settle();
  there.setDemand('gone', { top: 0, encodings: [0] });
  there.setDemand(id, { top: 3, encodings: [0, 3] });
  back.end('gone');
  there.stop('gone');
  await settle();
  t.same(crossing(near), [0], "an encoding that there is none of is nobody's need");
  t.same([...near.refused, ...far.refused], []);
});

t.test('a link with a wrong address or key, or in a closed room, is not opened', async (t) => {
  const meeting = openMeeting();
  const { room } = meeting;
  const [keys] = createLinkKeys();
  const good: LinkOptions = { id: 'l', remote: { address: '127.0.0.1', port: 41_000 }, keys };
  const refused = (change: Partial<LinkOptions>, code = 'bad_request') =>
    t.rejects(room.openLink({ ...good, ...change }), { code });
  await refused({ id: '' });
  await refused({ remote: { address: 'example.org', port: 1 } });
  await refused({ remote: { address: '::1', port: 1 } });
  await refused({ remote: { address: '127.0.0.1', port: 0 } });
  await refused({ address: '192.0.2.1' });
  await refused({ keys: { ...keys, receive: keys.send } });
  await refused({ keys: { ...keys, send: new Uint8Array(30) } });
  await refused({ keys: { ...keys, id: -1 } });
  t.equal(room.links.size, 0);
  const link = await room.openLink(good);
  t.same([...room.links.keys()], ['l']);
  await refused({}, 'conflict');
  await refused({ id: 'm' }, 'conflict');
  await room.openLink({ ...good, id: 'm', keys: createLinkKeys()[0] });
  const opening = room.openLink({ ...good, id: 'n', keys: createLinkKeys()[0] });
  room.close();
  await t.rejects(opening, { code: 'closed' });
  t.equal(link.state, 'closed');
  t.equal(room.links.size, 0);
  await t.rejects(room.openLink(good), { code: 'closed' });
  t.throws(() => link.send('x'), { code: 'closed' });
  t.throws(() => link.receive({} as LinkTrack), { code: 'closed' });
  await settle();
  t.same(meeting.refused, []);
});

t.test('it says whether the two ends hear each other', async (t) => {
  const { near, there } = await openLinked();
  const states: string[] = [];
  there.on('state', (state) => states.push(state));
  const { transport } = of(near, 'linkCreate')[0] as { transport: Handle };
  const hear = (state: 'connected' | 'disconnected', reason: 'link_heard' | 'link_silent') =>
    near.engine.emit({
      ...{ type: 'transportState', transport, state, reason, remote: '' },
      profile: 'aead_aes_128_gcm',
    });
  t.equal(there.state, 'silent');
  hear('connected', 'link_heard');
  await settle();
  hear('disconnected', 'link_silent');
  hear('connected', 'link_heard');
  await settle();
  there.close();
  t.same(states, ['connected', 'silent', 'connected', 'closed']);
});

t.test('a closed link takes nothing more, and to close it again changes nothing', async (t) => {
  const { near, far, anna, there, back } = await openLinked();
  const { publications } = await publish(anna, [CAMERA]);
  const id = publications[0]?.publication.id as string;
  const track = there.send(id);
  back.receive(track);
  const events: string[] = [];
  for (const name of ['track', 'ended', 'demand', 'state', 'close'] as const) {
    there.on(name, () => events.push(name));
  }
  there.close();
  there.close();
  t.same(events, ['state', 'close']);
  for (const call of [() => there.send(id), () => there.receive(track)]) {
    t.throws(call, { code: 'closed' });
  }
  there.stop(id);
  there.end(id);
  there.setDemand(id, { top: 0, encodings: [0] });
  publications[0]?.publication.setMuted(true);
  publications[0]?.publication.close();
  t.equal(far.room.publications.size, 1, 'the other end is closed by itself');
  back.close();
  await settle();
  t.same([there.sent.size, back.demands.size, far.room.publications.size], [0, 0, 0]);
  t.same(events.length, 2);
  t.same([...near.refused, ...far.refused], []);
});

t.test('over several shards of either node a track crosses once', async (t) => {
  const { near, far, anna, there, back } = await openLinked(2);
  join(near, 'carl'); // shards fill up in turn
  const { publications } = await publish(anna, [MICROPHONE, CAMERA]);
  for (const { publication } of publications) carry(publication.id, there, back);
  for (const id of ['dora', 'emil']) join(far, id);
  for (const participant of far.room.participants.values()) await acceptOffer(participant);
  await settle();
  t.same(crossing(near), [0, 0]);
  const pinned = of(near, 'linkSubscriptionCreate').map(({ outbound }) => shardOf(outbound));
  t.same(pinned, [near.room.shard, near.room.shard], 'a link stands at the home');
  const shards = new Set([...far.room.participants.values()].map(({ shard }) => shard));
  t.equal(shards.size, 2);
  t.equal(of(far, 'relayCreate').length, 2, 'sound and picture to the other shard');
  far.room.close();
  near.room.close();
  await settle();
  t.same([...near.refused, ...far.refused], []);
});

t.test('who moved from one node to the other does not see oneself', async (t) => {
  const { far, anna, there, back } = await openLinked();
  const { publications } = await publish(anna, [CAMERA]);
  const moved = join(far, 'anna');
  const seen = carry(publications[0]?.publication.id as string, there, back);
  t.notOk(moved.subscriptions.has(seen.id));
  t.throws(() => moved.subscribe(seen.id), { code: 'bad_request' });
  moved.close();
  t.notOk(join(far, 'anna').subscriptions.has(seen.id));
  t.ok(join(far, 'carl').subscriptions.has(seen.id));
});

t.test('who speaks on the other node is told of as here', async (t) => {
  const { far, anna, there, back } = await openLinked();
  const { publications } = await publish(anna, [MICROPHONE]);
  carry(publications[0]?.publication.id as string, there, back);
  await settle();
  const heard: unknown[] = [];
  far.room.on('speakers', (speakers) => heard.push(speakers));
  const created = of(far, 'publicationCreate')[0];
  const { publication, room } = created as { publication: Handle; room: Handle };
  far.engine.emit({
    ...{ type: 'audioLevels', room, dominant: publication },
    levels: [{ publication, level: 20, active: true }],
  });
  await settle();
  t.match(heard, [{ dominant: 'anna', items: [{ participantId: 'anna', level: 20 }] }]);
});
