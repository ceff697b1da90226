/** GStreamer publishes by WHIP, aiortc watches by WHEP: two programs that nobody here wrote. */

import t from 'tap';
import { discard, eventually, startPlenum } from '../e2e/support/plenum.js';
import { Client } from './support/client.js';
import { hostMeeting } from './support/meeting.js';

/** Decoded ones, of each kind; a second or more of media. */
const videoFrames = 15;
const audioFrames = 50;

const plenum = await startPlenum();
t.teardown(() => discard(plenum));

for (const codec of ['vp8', 'h264']) {
  t.test(`${codec} and opus: GStreamer → WHIP → WHEP → aiortc`, async (t) => {
    const meeting = await hostMeeting(plenum.url);
    const publishing = await meeting.makeKey('publish');
    const viewing = await meeting.makeKey('view');
    const publisher = new Client('gstreamer_whip.py', [publishing.url, publishing.key, codec]);
    t.teardown(() => publisher.kill());
    await publisher.hear('connected');

    const wanted = [String(videoFrames), String(audioFrames)];
    const viewer = new Client('aiortc_whep.py', [viewing.url, viewing.key, ...wanted]);
    t.teardown(() => viewer.kill());
    const counted = await viewer.hear('counted');
    t.comment(`decoded frames: ${JSON.stringify(counted)}`);
    t.ok(Number(counted.video) >= videoFrames, 'video is decoded');
    t.ok(Number(counted.audio) >= audioFrames, 'audio is decoded');
    t.equal((await viewer.hear('deleted')).status, 200);

    await publisher.finish();
    t.equal((await publisher.hear('deleted')).status, 200);
    t.notOk(
      publisher.said.some(({ event }) => event === 'error'),
      'every candidate was taken',
    );
  });
}

t.test('aiortc publishes, and is gone when it crashes', async (t) => {
  const meeting = await hostMeeting(plenum.url);
  const publishing = await meeting.makeKey('publish');
  const viewing = await meeting.makeKey('view');
  const publisher = new Client('aiortc_whip.py', [publishing.url, publishing.key]);
  t.teardown(() => publisher.kill());
  const { session } = await publisher.hear('connected');
  const viewer = new Client('aiortc_whep.py', [viewing.url, viewing.key, '15', '50']);
  t.teardown(() => viewer.kill());
  await viewer.hear('counted');

  await publisher.kill();
  const headers = { authorization: `Bearer ${publishing.key}` };
  const status = () => fetch(String(session), { headers }).then((answer) => answer.status);
  t.equal(await status(), 200, 'it may come back for a while');
  // Consent lasts 15 s (RFC 7675); the deadline of an outcome comes on top.
  const limitMs = 30_000;
  await eventually(
    'the session has ended',
    async () => ((await status()) === 404 ? true : undefined),
    limitMs,
  );
});
