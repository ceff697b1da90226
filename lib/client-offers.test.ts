/** Transports of clients that offer once and for all: WHIP publishes, WHEP subscribes. */
import t from 'tap';
import type { Command } from './engine/contract.gen.js';
import { join, type Meeting, openMeeting, publish, SCREEN, settle } from './testing/meeting.js';
import { FIXTURE_FRAGMENT, sdpFixture, WHIP_CLIENTS } from './testing/sdp-fixtures.js';

function commandsOf<T extends Command['type']>({ engine }: Meeting, type: T) {
  return engine.commands.filter((command) => command.type === type) as Extract<
    Command,
    { type: T }
  >[];
}

function viewer({ room }: Meeting, id = 'viewer') {
  return room.addParticipant({ id });
}

const whip = (name: string) => ({
  rev: 1,
  sdp: sdpFixture(`${name}-whip-offer`),
  tracks: 'all' as const,
});
const WHEP = { sdp: sdpFixture('aiortc-whep-offer') };

t.test('WHIP: a microphone and a camera, undeclared', async (t) => {
  for (const client of WHIP_CLIENTS) {
    const meeting = openMeeting();
    const { publishTransport } = join(meeting, client);
    const { publications } = await publishTransport.answer(whip(client));
    t.same(
      publications.map(({ publication }) => publication.source).sort(),
      ['camera', 'microphone'],
      client,
    );
    t.same(meeting.refused, []);
  }
});

t.test('WHIP: whole or not at all', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna', { audio: 0, video: 0 });
  const answer = (sdp: string) => anna.publishTransport.answer({ rev: 1, sdp, tracks: 'all' });
  const sdp = sdpFixture('obs-whip-offer');
  const cases: [string, string, string][] = [
    ['a track that does not send', sdp.replace('a=sendonly', 'a=recvonly'), 'sdp_rejected'],
    ['two videos', sdpFixture('chromium-offer'), 'sdp_rejected'],
    ['a data channel', sdpFixture('chromium-offer-simulcast'), 'sdp_rejected'],
    ['nothing live', sdp.replaceAll(/^(m=\w+) 50125/gm, '$1 0'), 'sdp_rejected'],
    ['a foreign codec', sdp.replace('H264/90000', 'H266/90000'), 'codec_unsupported'],
  ];
  for (const [what, text, code] of cases) await t.rejects(answer(text), { code }, what);
  t.same(
    meeting.engine.commands.map(({ type }) => type),
    ['roomCreate'],
  );
  t.equal((await answer(sdp)).publications.length, 2);
});

t.test('WHEP: the slots are the m-lines of the offer', async (t) => {
  const meeting = openMeeting();
  await publish(join(meeting, 'anna'));
  const bert = viewer(meeting);
  const offers: unknown[] = [];
  bert.subscribeTransport.on('offer', (offer) => offers.push(offer));
  const { sdp, map } = await bert.subscribeTransport.answer(WHEP);
  t.match(sdp, /a=sendonly/);
  t.match(sdp, /a=rtpmap:97 VP8/, "the client's payload type");
  await settle();
  t.equal(map.length, 2);
  t.ok(bert.subscribeTransport.map.every(({ publicationId }) => publicationId !== null));
  t.equal(commandsOf(meeting, 'subscriptionCreate').length, 2);
  const [outbound] = commandsOf(meeting, 'outboundCreate');
  t.match(outbound, { mid: '0', kind: 'audio' });
  const [extensions] = commandsOf(meeting, 'transportSetExtensions').slice(-1);
  t.match(extensions, { send: [{ id: 1, kind: 'mid' }] });
  t.same(extensions?.receive, []);
  await publish(join(meeting, 'cleo'), [SCREEN]);
  await settle();
  t.match(
    [...bert.subscriptions.values()].find(({ publication }) => publication.source === 'screen')
      ?.mid,
    '1',
    'a screen takes the only video slot',
  );
  t.same(offers, [], 'the node never offers');
  t.same(meeting.refused, []);
});

t.test('WHEP: whole or not at all', async (t) => {
  const meeting = openMeeting();
  const { subscribeTransport } = viewer(meeting);
  const sdp = WHEP.sdp.replaceAll('opus/48000/2', 'speex/16000');
  await t.rejects(subscribeTransport.answer({ sdp }), { code: 'codec_unsupported' });
  await t.rejects(subscribeTransport.answer({ sdp: 'garbage' }), { code: 'sdp_rejected' });
  meeting.engine.refuse('transportCreate', 'limit_reached');
  await t.rejects(subscribeTransport.answer(WHEP), { code: 'limit_reached' });
  meeting.engine.refuse('transportCreate', 'ok');
  t.same(subscribeTransport.map, []);
  await subscribeTransport.answer(WHEP);
  await t.rejects(subscribeTransport.answer(WHEP), { code: 'conflict' }, 'once and for all');
  t.throws(() => subscribeTransport.restartIce(), { code: 'conflict' });
  const slots = join(meeting, 'cleo').subscribeTransport;
  await t.rejects(slots.answer(WHEP), { code: 'conflict' }, 'the node has offered');
  t.same(meeting.refused, []);
});

t.test('patch: candidates are counted, other credentials restart ICE', async (t) => {
  const meeting = openMeeting();
  const { publishTransport } = join(meeting, 'anna');
  await t.rejects(publishTransport.patch(FIXTURE_FRAGMENT), { code: 'conflict' });
  const { sdp } = await publishTransport.answer(whip('obs'));
  const own = /ice-ufrag:(.*)\r\na=ice-pwd:(.*)\r\n/.exec(sdpFixture('obs-whip-offer')) ?? [];
  const trickle = FIXTURE_FRAGMENT.replace('EsAw', `${own[1]}`).replace(
    /(?<=ice-pwd:).*/,
    `${own[2]}`,
  );
  t.equal(await publishTransport.patch(trickle), null);
  t.equal(publishTransport.candidates, 2);
  t.equal(await publishTransport.patch('a=candidate:unknowable\r\n'), null);
  t.equal(publishTransport.candidates, 2, 'of no use, and no fault');

  meeting.engine.refuse('transportRestartIce', 'wrong_state');
  await t.rejects(publishTransport.patch(FIXTURE_FRAGMENT), { code: 'internal' });
  meeting.engine.refuse('transportRestartIce', 'ok');
  t.equal(await publishTransport.patch(trickle), null, 'the old credentials are still in force');
  const answer = await publishTransport.patch(FIXTURE_FRAGMENT);
  const ufragOf = (text: string | null) => /a=ice-ufrag:(.*)\r\n/.exec(text ?? '')?.[1] ?? '';
  const restart = commandsOf(meeting, 'transportRestartIce').at(-1);
  t.match(restart, { remoteUfrag: 'EsAw', localUfrag: ufragOf(answer) });
  t.not(ufragOf(answer), ufragOf(sdp));
  t.match(answer, /a=candidate:1 1 udp/);
  t.equal(await publishTransport.patch(FIXTURE_FRAGMENT), null, 'now these are in force');
});
