import t from 'tap';
import {
  CAMERA,
  join,
  MICROPHONE,
  openMeeting,
  publish,
  SCREEN,
  settle,
} from './testing/meeting.js';
import { sdpFixture } from './testing/sdp-fixtures.js';

t.test('tracks become publications', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const added: string[] = [];
  meeting.room.on('publicationAdded', ({ cid }) => added.push(cid));
  const answer = await publish(anna, [MICROPHONE, CAMERA, SCREEN]);
  t.equal(answer.rev, 1);
  t.match(answer.sdp, 'a=setup:passive');
  t.same(
    answer.publications.map(({ cid, mid }) => [cid, mid]),
    [
      ['mic', '0'],
      ['cam', '1'],
      ['screen', '2'],
    ],
  );
  t.same(added, ['mic', 'cam', 'screen']);
  const [, camera] = answer.publications;
  t.match(camera?.publication, { kind: 'video', source: 'camera', codec: 'vp8', muted: false });
  t.equal(meeting.room.publications.size, 3);
  const created = meeting.engine.commands.filter(({ type }) => type === 'publicationCreate');
  t.equal(created.length, 3);
  t.same(meeting.refused, []);
});

t.test('one state per change of the association', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const states: string[] = [];
  anna.publishTransport.on('state', (state, reason) => states.push(`${state} ${reason}`));
  await publish(anna);
  const create = meeting.engine.commands.findLast(({ type }) => type === 'transportCreate');
  if (create?.type === 'transportCreate') meeting.engine.connect(create.transport);
  await settle();
  anna.close();
  t.same(states, ['connecting ice_checked', 'connected dtls_done', 'closed closed_by_command']);
});

t.test('the same offer gives the same answer, an older one is stale', async (t) => {
  const anna = join(openMeeting(), 'anna');
  const first = await publish(anna, [MICROPHONE], 2);
  t.equal(await publish(anna, [MICROPHONE], 2), first);
  await t.rejects(publish(anna, [MICROPHONE], 1), { code: 'stale_rev' });
});

t.test('a later offer: kept, ended, added, ICE restart', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const first = await publish(anna, [MICROPHONE, CAMERA, SCREEN]);
  const removed: string[] = [];
  meeting.room.on('publicationRemoved', ({ cid }, reason) => removed.push(`${cid} ${reason}`));
  const added = { ...CAMERA, mid: '3', cid: 'second' };
  const sdp = sdpFixture('chromium-offer-again');
  const again = await anna.publishTransport.answer({ rev: 2, sdp, tracks: [added] });
  t.same(removed, ['cam ended', 'screen ended']);
  t.same(
    again.publications.map(({ cid }) => cid),
    ['mic', 'second'],
  );
  t.equal(again.publications[0]?.publication, first.publications[0]?.publication);
  t.ok(meeting.engine.commands.some(({ type }) => type === 'transportRestartIce'));
  const ufragOf = (text: string) => /a=ice-ufrag:(.*)/.exec(text)?.[1];
  t.not(ufragOf(again.sdp), ufragOf(first.sdp), 'new credentials of ours too');
  t.same(meeting.refused, []);
});

t.test('another cid on the same m-line replaces the track', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  await publish(anna, [CAMERA]);
  const removed: string[] = [];
  meeting.room.on('publicationRemoved', ({ cid }, reason) => removed.push(`${cid} ${reason}`));
  const answer = await publish(anna, [{ ...CAMERA, cid: 'other' }], 2);
  t.same(removed, ['cam replaced']);
  t.same(
    answer.publications.map(({ cid }) => cid),
    ['other'],
  );
});

t.test('a closed publication stays away until it is declared again', async (t) => {
  const anna = join(openMeeting(), 'anna');
  const { publications } = await publish(anna, [MICROPHONE, CAMERA]);
  publications[1]?.publication.close();
  t.same(
    (await publish(anna, [], 2)).publications.map(({ cid }) => cid),
    ['mic'],
  );
  t.same(
    (await publish(anna, [CAMERA], 3)).publications.map(({ cid }) => cid),
    ['mic', 'cam'],
  );
});

t.test('offers are taken one after the other', async (t) => {
  const anna = join(openMeeting(), 'anna');
  const answers = await Promise.all([publish(anna, [MICROPHONE]), publish(anna, [CAMERA], 2)]);
  t.same(
    answers.map(({ publications }) => publications.length),
    [1, 2],
  );
});

t.test('what cannot be published changes nothing', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const cases: [Parameters<typeof publish>[1], string][] = [
    [[{ ...CAMERA, mid: '9' }], 'sdp_rejected'],
    [[{ ...CAMERA, kind: 'audio' }], 'sdp_rejected'],
    [[CAMERA, { ...CAMERA, cid: 'twice' }], 'sdp_rejected'],
  ];
  for (const [tracks, code] of cases) await t.rejects(publish(anna, tracks), { code });
  const sdp = sdpFixture('chromium-offer').replaceAll(/ (VP8|VP9|AV1|H264)\//g, ' X-$1/');
  const { publishTransport } = anna;
  const foreign = publishTransport.answer({ rev: 1, sdp, tracks: [CAMERA] });
  await t.rejects(foreign, { code: 'codec_unsupported' });
  t.equal(meeting.room.publications.size, 0);
  t.equal((await publish(anna)).publications.length, 2, 'the next offer is welcome');
});

t.test('the engine refuses: nothing is published, nothing is left behind', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna', { audio: 0, video: 0 });
  meeting.engine.refuse('transportCreate', 'limit_reached');
  await t.rejects(publish(anna), { code: 'limit_reached' });
  meeting.engine.refuse('transportCreate', 'ok');
  meeting.engine.refuse('publicationCreate', 'limit_reached');
  const error = await publish(anna).catch((reason: Error) => reason);
  t.match(error, { code: 'limit_reached' });
  t.match((error as Error).stack, /publication\.(ts|js)/, 'the stack of whoever gave the command');
  meeting.engine.refuse('publicationCreate', 'ok');
  t.equal(meeting.room.publications.size, 0);
  t.equal((await publish(anna)).publications.length, 2);
  t.same(meeting.refused, []);
});

t.test('the certificate stays', async (t) => {
  const anna = join(openMeeting(), 'anna');
  await publish(anna);
  const sdp = sdpFixture('chromium-offer').replaceAll(/(fingerprint:sha-256 )../g, '$100');
  const other = anna.publishTransport.answer({ rev: 2, sdp, tracks: [] });
  await t.rejects(other, { code: 'sdp_rejected' });
});

t.test('closing while an offer is being answered', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const answer = publish(anna);
  anna.close();
  await t.rejects(answer, { code: 'closed' });
  await t.rejects(publish(anna), { code: 'closed' });
  await settle();
  t.same(meeting.refused, []);
  t.equal(meeting.room.publications.size, 0);
});

t.test('candidates are checked and counted', async (t) => {
  const { publishTransport } = join(openMeeting(), 'anna');
  publishTransport.addCandidate({ mid: '0', ufrag: 'x', candidate: null });
  t.equal(publishTransport.candidates, 1);
  const bad = { mid: '0', ufrag: 'x', candidate: 'nonsense' };
  t.throws(() => publishTransport.addCandidate(bad), { code: 'bad_request' });
});
