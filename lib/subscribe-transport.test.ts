import t from 'tap';
import type { Command } from './engine/contract.gen.js';
import {
  acceptOffer,
  answerTo,
  CAMERA,
  join,
  type Meeting,
  MICROPHONE,
  openMeeting,
  publish,
  SCREEN,
  settle,
} from './testing/meeting.js';

function commandsOf<T extends Command['type']>({ engine }: Meeting, type: T) {
  return engine.commands.filter((command) => command.type === type) as Extract<
    Command,
    { type: T }
  >[];
}

t.test('slots are offered before anybody publishes', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna', { audio: 2, video: 9 });
  const offer = await acceptOffer(anna);
  t.equal(offer.rev, 1);
  t.same(
    offer.map.map(({ publicationId }) => publicationId),
    [null, null, null, null, null, null],
    '2 audio as the client wants, 4 video at first',
  );
  t.equal(commandsOf(meeting, 'outboundCreate').length, 6);
  t.same(meeting.refused, []);
});

t.test('no slots, no reception', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna', { audio: 0, video: 0 });
  await publish(join(meeting, 'bert'));
  await settle();
  t.equal(anna.subscribeTransport.pendingOffer, null);
  t.same(
    [...anna.subscriptions.values()].map(({ state, reason }) => [state, reason]),
    [
      ['paused', 'limit'],
      ['paused', 'limit'],
    ],
  );
});

t.test('publications flow through free slots without new SDP', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  await acceptOffer(anna);
  const maps: unknown[] = [];
  anna.subscribeTransport.on('map', (map) => maps.push(map));
  const { publications } = await publish(join(meeting, 'bert'));
  await settle();
  t.equal(anna.subscribeTransport.pendingOffer, null);
  t.equal(maps.length, 1, 'one message for both tracks');
  const ids = publications.map(({ publication }) => publication.id);
  const mapped = anna.subscribeTransport.map.filter(({ publicationId }) => publicationId !== null);
  t.same(mapped.map(({ publicationId }) => publicationId).sort(), ids.sort());
  t.equal(commandsOf(meeting, 'subscriptionCreate').length, 2);
  t.match(maps[0], { rev: 1, map: anna.subscribeTransport.map });
});

t.test('what waits for the first answer flows with it', async (t) => {
  const meeting = openMeeting();
  await publish(join(meeting, 'bert'));
  const anna = join(meeting, 'anna');
  await settle();
  t.equal(commandsOf(meeting, 'subscriptionCreate').length, 0);
  const offer = await acceptOffer(anna);
  t.equal(offer.map.filter(({ publicationId }) => publicationId !== null).length, 2);
  t.equal(commandsOf(meeting, 'subscriptionCreate').length, 2);
});

t.test('a slot is used again when its publication ends', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna', { audio: 1, video: 1 });
  await acceptOffer(anna);
  const bert = join(meeting, 'bert');
  await publish(bert, [CAMERA]);
  await settle();
  const [before] = [...anna.subscriptions.values()];
  const { mid } = before ?? {};
  bert.close();
  await publish(join(meeting, 'cleo'), [CAMERA]);
  await settle();
  const [after] = [...anna.subscriptions.values()];
  t.not(after?.publication, before?.publication);
  t.equal(after?.mid, mid);
  t.equal(commandsOf(meeting, 'outboundCreate').length, 2, 'the outbound stays');
  t.same(meeting.refused, []);
});

t.test('too few slots: a new offer; one is unanswered at a time', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna', { audio: 0, video: 12 });
  await settle();
  const offers: number[] = [];
  anna.subscribeTransport.on('offer', ({ map }) => offers.push(map.length));
  for (const id of ['b', 'c', 'd']) await publish(join(meeting, id), [CAMERA, SCREEN]);
  await settle();
  t.same(offers, [], 'the first offer waits');
  await acceptOffer(anna);
  t.same(offers, [8]);
  t.equal(commandsOf(meeting, 'subscriptionCreate').length, 4);
  await acceptOffer(anna);
  t.equal(commandsOf(meeting, 'subscriptionCreate').length, 6);
  t.equal(anna.subscribeTransport.pendingOffer, null);
});

t.test('at the limit the higher priority wins, then whoever is looked at', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna', { audio: 0, video: 1 });
  await acceptOffer(anna);
  await publish(join(meeting, 'bert'), [CAMERA]);
  await publish(join(meeting, 'cleo'), [SCREEN]);
  await settle();
  const [camera, screen] = [...anna.subscriptions.values()];
  t.match(screen?.mid, /\d/);
  t.match(camera, { mid: null, state: 'paused', reason: 'limit' });
  screen?.set({ visible: false });
  await settle();
  t.match(camera?.mid, /\d/);
  t.match(screen, { mid: null, state: 'paused', reason: 'hidden' });
  screen?.set({ visible: true });
  await settle();
  t.match(camera, { mid: null, reason: 'limit' });
  t.same(meeting.refused, []);
});

t.test('hidden: not forwarded, the slot is kept while nobody needs it', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  await acceptOffer(anna);
  await publish(join(meeting, 'bert'), [CAMERA]);
  await settle();
  const [subscription] = [...anna.subscriptions.values()];
  const mid = subscription?.mid;
  subscription?.set({ visible: false });
  await settle();
  t.match(subscription, { mid, state: 'paused', reason: 'hidden' });
  t.match(commandsOf(meeting, 'subscriptionSet').at(-1), { active: false, spatial: 255 });
  subscription?.set({ visible: true, maxLayer: { spatial: 0, temporal: 1 } });
  await settle();
  t.match(subscription, { mid, state: 'waiting', reason: 'none' });
  t.match(commandsOf(meeting, 'subscriptionSet').at(-1), { active: true, temporal: 1 });
});

t.test('answers to nothing, to another offer, and broken ones', async (t) => {
  const anna = join(openMeeting(), 'anna');
  await settle();
  const { subscribeTransport } = anna;
  const offer = subscribeTransport.pendingOffer;
  const accept = (rev: number, sdp: string) => subscribeTransport.accept({ rev, sdp });
  await t.rejects(accept(2, ''), { code: 'stale_rev' });
  await t.rejects(accept(1, 'garbage'), { code: 'sdp_rejected' });
  t.same(subscribeTransport.pendingOffer, offer, 'it still waits');
  await acceptOffer(anna);
  await t.rejects(accept(1, answerTo({ sdp: offer?.sdp ?? '' })), { code: 'stale_rev' });
});

t.test('a refused slot is not used', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna', { audio: 0, video: 2 });
  await settle();
  const { subscribeTransport } = anna;
  const offer = subscribeTransport.pendingOffer;
  const sdp = answerTo({ sdp: offer?.sdp ?? '' }).replace('a=recvonly', 'a=inactive');
  await subscribeTransport.accept({ rev: 1, sdp });
  await publish(join(meeting, 'bert'), [CAMERA, SCREEN]);
  await settle();
  t.same(
    subscribeTransport.map.map(({ publicationId }) => publicationId !== null),
    [false, true],
  );
  t.same(
    [...anna.subscriptions.values()].map(({ reason }) => reason),
    ['limit', 'none'],
  );
  t.same(meeting.refused, []);
});

t.test('ICE restart: an offer with new credentials, applied with its answer', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const first = await acceptOffer(anna);
  anna.subscribeTransport.restartIce();
  const second = await acceptOffer(anna);
  const ufragOf = (text: string) => /a=ice-ufrag:(.*)\r\n/.exec(text)?.[1] ?? '';
  t.not(ufragOf(second.sdp), ufragOf(first.sdp));
  const [restart] = commandsOf(meeting, 'transportRestartIce');
  t.equal(restart?.localUfrag, ufragOf(second.sdp));
  t.equal(commandsOf(meeting, 'outboundCreate').length, 8, 'media goes on as it was');
});

t.test('resync: the pending offer again, or the map', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  await settle();
  const seen: string[] = [];
  anna.subscribeTransport.on('offer', ({ rev }) => seen.push(`offer ${rev}`));
  anna.subscribeTransport.on('map', ({ rev }) => seen.push(`map ${rev}`));
  anna.subscribeTransport.resync();
  await acceptOffer(anna);
  anna.subscribeTransport.resync();
  t.same(seen, ['offer 1', 'map 1']);
});

t.test('an offer that waits is the same again, whatever comes meanwhile', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna', { audio: 8, video: 8 });
  await acceptOffer(anna);
  const offers: string[] = [];
  anna.subscribeTransport.on('offer', ({ sdp }) => offers.push(sdp));
  anna.subscribeTransport.restartIce();
  await settle();
  for (const id of ['bert', 'cleo', 'dora', 'emil', 'fay']) await publish(join(meeting, id));
  await settle();
  anna.subscribeTransport.resync();
  t.equal(offers.length, 2);
  t.equal(offers[1], offers[0]);
  await acceptOffer(anna);
  await settle();
  t.equal(offers.length, 3, 'more m-lines come with the next one');
  t.ok((offers[2]?.length ?? 0) > (offers[0]?.length ?? 0));
});

t.test('autoSubscribe: false leaves the choice', async (t) => {
  const meeting = openMeeting();
  const slots = { audio: 4, video: 4 };
  const anna = meeting.room.addParticipant({ id: 'anna', slots, autoSubscribe: false });
  await acceptOffer(anna);
  const { publications } = await publish(join(meeting, 'bert'), [MICROPHONE, CAMERA]);
  t.equal(anna.subscriptions.size, 0);
  const id = publications[0]?.publication.id ?? '';
  const subscription = anna.subscribe(id);
  t.equal(anna.subscribe(id), subscription);
  t.throws(() => anna.subscribe('nobody'), { code: 'unknown_publication' });
  await settle();
  t.match(subscription.mid, /\d/);
  subscription.close();
  t.equal(anna.subscriptions.size, 0);
  t.throws(() => subscription.set({ visible: true }), { code: 'closed' });
});

t.test('settings of another shape', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  await publish(join(meeting, 'bert'), [CAMERA]);
  const [subscription] = [...anna.subscriptions.values()];
  for (const bad of [
    { priority: 256 },
    { width: -1 },
    { maxLayer: { spatial: 1.5, temporal: 0 } },
  ]) {
    t.throws(() => subscription?.set(bad), { code: 'bad_request' });
  }
  t.same(subscription?.settings, { enabled: true, visible: true, priority: 100 });
});
