import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createNode, FakeEngine } from '../../../lib/index.js';
import { projectRoot } from '../config.js';
import type { TrackDeclaration as Declared } from '../schemas/client-messages.js';
import { createMeeting, enter, type TestClient } from '../testing/test-client.js';
import { testControl } from '../testing/test-control.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { InProcessNode } from './in-process-node.js';
import type { LocalNode, NodeEvent } from './node-client.js';

const server = await testServer(t);
const fixture = (name: string) =>
  readFileSync(join(projectRoot, 'test/fixtures/sdp', `${name}.sdp`), 'utf8');
const offerSdp = fixture('chromium-offer');
const room = { roomId: 'r', epoch: 1 };

const tracks: Declared[] = [
  { mid: '0', cid: 'mic', kind: 'audio', source: 'microphone', muted: false },
  { mid: '1', cid: 'cam', kind: 'video', source: 'camera', muted: false },
];

function open(): { node: LocalNode; events: NodeEvent[] } {
  const node = new InProcessNode(createNode({ engine: new FakeEngine() })).client;
  const events: NodeEvent[] = [];
  node.onEvent((event) => events.push(event));
  return { node, events };
}

/** What a browser would answer: the offer turned round, with credentials of its own. */
function answerTo(sdp: string): string {
  const [, fingerprint] = /a=(fingerprint:.*)\r\n/.exec(offerSdp) ?? [];
  const own = `a=ice-ufrag:browser\r\na=ice-pwd:${'p'.repeat(24)}\r\na=setup:active\r\na=${fingerprint}`;
  return sdp
    .split('\r\n')
    .filter((line) => !/^a=(candidate|end-of|ice-|ssrc|msid|setup|finger)/.test(line))
    .map((line) => (line === 'a=sendonly' ? `a=recvonly\r\n${own}` : line))
    .join('\r\n');
}

t.test('refusals of the library keep their codes', async (t) => {
  const { node } = open();
  const ada = { ...room, participantId: 'ada' };
  const slots = { audio: 1, video: 1 };
  await t.rejects(node.addParticipant({ ...ada, slots }), { code: 'not_in_room' });
  await node.openRoom(room);
  await node.openRoom(room);
  await t.rejects(node.addParticipant({ ...ada, epoch: 2, slots }), { code: 'stale_epoch' });
  await node.addParticipant({ ...ada, slots });
  const offer = { ...ada, rev: 1, sdp: 'nonsense', tracks };
  await t.rejects(node.publishOffer(offer), { code: 'sdp_rejected' });
  const mute = { ...ada, publicationId: 'none', muted: true, by: 'host' as const };
  await t.rejects(node.publishMute(mute), { code: 'unknown_publication' });
  await t.rejects(node.subscribeAnswer({ ...ada, rev: 9, sdp: 'x' }), { code: 'stale_rev' });
  await node.removeParticipant({ ...ada, participantId: 'nobody' });
  await node.close();
});

t.test('a newer epoch replaces the room, an older one is refused', async (t) => {
  const { node } = open();
  await node.openRoom(room);
  await node.openRoom({ ...room, epoch: 2 });
  await t.rejects(node.openRoom(room), { code: 'stale_epoch' });
  await node.closeRoom(room);
  t.strictSame(await node.publications({ ...room, epoch: 2 }), [], 'it was not the older one');
  await node.closeRoom({ ...room, epoch: 2 });
  await t.rejects(node.publications({ ...room, epoch: 2 }), { code: 'not_in_room' });
  await node.close();
});

t.test('what publishers lose is remembered as long as there are rooms', async (t) => {
  const library = createNode({ engine: new FakeEngine() });
  const { client: node } = new InProcessNode(library);
  const other = { roomId: 'other', epoch: 1 };
  await node.openRoom(room);
  await node.openRoom(other);
  const lossy = { participantId: 'ada', score: 1, uplinkLoss: 0.9, downlinkLoss: 0, rttMs: 40 };
  const live = library.rooms.get('r');
  live?.emit('quality', [lossy]);
  const { lossRatio } = node.load();
  t.ok(lossRatio > 0.1, `${lossRatio}: it gets no more rooms`);
  await node.closeRoom(room);
  t.equal(node.load().lossRatio, lossRatio, 'there is another one');
  await node.closeRoom(other);
  t.equal(node.load().lossRatio, 0, 'nobody is there who loses anything');
  await node.close();
});

/** Time that a test moves. */
function heldClock() {
  let nowMs = 0;
  let waiting: { atMs: number; callback: () => void }[] = [];
  return {
    now: () => nowMs,
    after(ms: number, callback: () => void) {
      const entry = { atMs: nowMs + ms, callback };
      waiting.push(entry);
      return () => {
        waiting = waiting.filter((other) => other !== entry);
      };
    },
    pass(ms: number) {
      nowMs += ms;
      const due = waiting.filter(({ atMs }) => atMs <= nowMs);
      waiting = waiting.filter(({ atMs }) => atMs > nowMs);
      for (const { callback } of due) callback();
    },
  };
}

t.test('what nobody watches is told to its publisher, and again after a resume', async (t) => {
  const clock = heldClock();
  const node = new InProcessNode(createNode({ engine: new FakeEngine(), clock })).client;
  const events: NodeEvent[] = [];
  node.onEvent((event) => events.push(event));
  await node.openRoom(room);
  const ada = { ...room, participantId: 'ada' };
  const slots = { audio: 1, video: 1 };
  await node.addParticipant({ ...ada, slots });
  const encodings = [{ rid: 'q', maxBitrateBps: 150_000 }, { rid: 'h' }, { rid: 'f' }];
  const camera = { mid: '0', cid: 'cam', kind: 'video', source: 'camera' } as const;
  await node.publishOffer({
    ...{ ...ada, rev: 1, sdp: fixture('chromium-offer-simulcast') },
    tracks: [{ ...camera, muted: false, encodings }],
  });
  const demands = () => events.filter(({ type }) => type === 'publish_layers');
  clock.pass(4000);
  t.equal(demands().length, 0);
  clock.pass(1100);
  const off = [
    { rid: 'q', active: false, maxBitrateBps: 150_000 },
    { rid: 'h', active: false },
    { rid: 'f', active: false },
  ];
  t.match(demands(), [{ ...ada, type: 'publish_layers', encodings: off }]);
  await node.resync(ada);
  t.match(demands()[1], { participantId: 'ada', encodings: off });
  await node.addParticipant({ ...room, participantId: 'grace', slots });
  t.match(demands()[2], { encodings: [{ active: true }, { active: true }, { active: true }] });
  await node.resync(ada);
  t.equal(demands().length, 3, 'all are wanted: nothing to say');
  const [publication] = await node.publications(room);
  t.same(publication?.layers[0], { spatial: 0, temporal: 0, maxBitrateBps: 150_000 });
  await node.close();
});

t.test('counters come under the names that operators see', async (t) => {
  const { node } = open();
  await node.openRoom(room);
  const series = await node.stats();
  t.equal(series.plenum_node_rooms, 1);
  t.equal(series.plenum_node_stress_ratio, 0);
  t.equal(series.plenum_node_full, 0);
  t.equal(series['plenum_sfu_shard_busy_ratio{shard="0"}'], 0);
  t.ok((series.plenum_node_headroom_packets_per_second ?? 0) > 100_000);
  t.equal(series['plenum_sfu_packets_total{direction="in",kind="rtp"}'], 0);
  t.equal(series['plenum_sfu_dropped_total{reason="srtp_replay"}'], 0);
  await node.close();
});

async function answerOffer(client: TestClient): Promise<void> {
  const { d } = await client.type('subscribe.offer');
  const { epoch, rev, sdp } = d;
  const answer = await client.ask('subscribe.answer', { epoch, rev, sdp: answerTo(sdp) });
  t.match(answer, { t: 'ok' });
}

t.test('browsers negotiate through every layer down to the engine', async (t) => {
  const { node } = open();
  const { origin } = await testControl(t, await testDatabase(t, server), { node });
  const meeting = await createMeeting(origin);
  const ada = await enter(origin, meeting, { host: true });
  const grace = await enter(origin, meeting);
  await answerOffer(grace.client);
  const { epoch } = ada.joined.d;
  const answer = await ada.client.ask('publish.offer', { epoch, rev: 1, sdp: offerSdp, tracks });
  if (answer.t !== 'publish.answer') throw new Error(JSON.stringify(answer));
  t.match(answer.d, { epoch, rev: 1, sdp: /a=ice-lite/ });
  t.strictSame(
    answer.d.publications.map(({ cid, mid }) => ({ cid, mid })),
    [
      { cid: 'mic', mid: '0' },
      { cid: 'cam', mid: '1' },
    ],
  );
  const camera = answer.d.publications[1]?.publication_id as string;
  await grace.client.type('publication.added', ({ d }) => d.publication_id === camera);
  await grace.client.type('subscribe.map', ({ d }) =>
    d.map.some(({ publication_id }) => publication_id === camera),
  );
  const item = { publication_id: camera, enabled: true, visible: false, width: 320, height: 180 };
  t.match(await grace.client.ask('subscription.set', { items: [item] }), { t: 'ok' });

  t.match(await ada.client.ask('publish.update', { publication_id: camera, muted: true }), {
    t: 'ok',
  });
  const muted = await grace.client.type('publication.updated');
  t.strictSame(muted.d, { publication_id: camera, muted: true });
  const stranger = { publication_id: camera, muted: false };
  t.match(await grace.client.ask('publish.update', stranger), {
    d: { code: 'unknown_publication' },
  });
  const second = await ada.client.ask('publish.offer', { epoch, rev: 2, sdp: offerSdp, tracks });
  t.match(second, { t: 'publish.answer', d: { rev: 2 } });
  t.match(await ada.client.ask('publish.offer', { epoch, rev: 1, sdp: offerSdp, tracks }), {
    d: { code: 'stale_rev' },
  });
  t.match(await ada.client.ask('publish.offer', { epoch: 7, rev: 3, sdp: offerSdp, tracks }), {
    d: { code: 'stale_epoch' },
  });
  const late = await enter(origin, meeting);
  t.match(
    late.joined.d.snapshot?.publications.map(({ publication_id }) => publication_id),
    answer.d.publications.map(({ publication_id }) => publication_id),
  );
  await ada.client.ask('bye', {});
  const removed = await grace.client.type(
    'publication.removed',
    ({ d }) => d.publication_id === camera,
  );
  t.equal(removed.d.reason, 'left');
});

t.test('what a role may not publish is refused before the node hears of it', async (t) => {
  const { node } = open();
  const { origin } = await testControl(t, await testDatabase(t, server), { node });
  const meeting = await createMeeting(origin, { policy: { screen_share: 'hosts' } });
  const guest = await enter(origin, meeting);
  const { epoch } = guest.joined.d;
  const screen = { mid: '0', cid: 's', kind: 'video', source: 'screen', muted: false } as const;
  const offer = { epoch, rev: 1, sdp: offerSdp };
  t.match(await guest.client.ask('publish.offer', { ...offer, tracks: [screen] }), {
    d: { code: 'role_required' },
  });
  const confused = { ...screen, source: 'microphone' } as const;
  t.match(await guest.client.ask('publish.offer', { ...offer, tracks: [confused] }), {
    d: { code: 'bad_message' },
  });
  t.match(await guest.client.ask('publish.offer', { ...offer, sdp: 'nonsense', tracks }), {
    d: { code: 'sdp_rejected' },
  });
  t.match(await guest.client.ask('publish.offer', { ...offer, tracks }), { t: 'publish.answer' });
});
