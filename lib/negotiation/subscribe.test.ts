import t from 'tap';
import { MAX_SLOTS } from '../slot.js';
import { BROWSERS, FIXTURE_LOCAL, FIXTURE_SLOTS, sdpFixture } from '../testing/sdp-fixtures.js';
import { attributeOf, attributesOf, parseSdp } from './sdp.js';
import { readSubscribeAnswer, writeSubscribeOffer } from './subscribe.js';

t.test('the offer: slots with fixed sources', async (t) => {
  const sdp = writeSubscribeOffer(FIXTURE_SLOTS, FIXTURE_LOCAL, { id: 3, version: 2 });
  const session = parseSdp(sdp);
  t.match(sdp, /^v=0\r\no=- 3 2 IN IP4 127.0.0.1\r\n/);
  t.equal(attributeOf(session, 'group'), 'BUNDLE 0 1 2 3');
  t.equal(attributeOf(session, 'ice-lite'), '');
  for (const media of session.media) {
    t.equal(attributeOf(media, 'setup'), 'actpass');
    t.equal(attributeOf(media, 'sendonly'), '');
    t.equal(attributeOf(media, 'rtcp-mux'), '');
  }
  const [audio, , video] = session.media;
  t.same(audio && attributesOf(audio, 'ssrc'), ['1000 cname:plenum']);
  t.same(video && attributesOf(video, 'ssrc-group'), ['FID 1002 2002']);
  t.same(video && attributesOf(video, 'ssrc'), ['1002 cname:plenum', '2002 cname:plenum']);
});

t.test('the same slots give the same m-lines in a later offer', async (t) => {
  const first = writeSubscribeOffer(FIXTURE_SLOTS.slice(0, 2), FIXTURE_LOCAL, {
    id: 3,
    version: 1,
  });
  const later = writeSubscribeOffer(FIXTURE_SLOTS, FIXTURE_LOCAL, { id: 3, version: 2 });
  t.same(parseSdp(later).media.slice(0, 2), parseSdp(first).media);
});

t.test('the largest offer fits into a signaling message', async (t) => {
  const slots = Array.from({ length: 2 * MAX_SLOTS }, (_, index) => ({
    mid: `${index}`,
    kind: index < MAX_SLOTS ? ('audio' as const) : ('video' as const),
    ssrc: 0xffff_ffff,
    rtxSsrc: index < MAX_SLOTS ? 0 : 0xffff_fffe,
    cname: 'c'.repeat(16),
  }));
  const sdp = writeSubscribeOffer(slots, FIXTURE_LOCAL, { id: 3, version: 2 });
  t.ok(sdp.length < 250_000, `${sdp.length} characters`);
});

for (const browser of BROWSERS) {
  t.test(`${browser}: the answer`, async (t) => {
    const answer = readSubscribeAnswer(sdpFixture(`${browser}-answer`), FIXTURE_SLOTS);
    t.equal(answer.remote.setup, 'active');
    t.same(
      answer.slots.map(({ mid }) => mid),
      ['0', '1', '2', '3'],
    );
    t.same(
      answer.slots[0]?.codecs.map(({ codec }) => codec),
      ['opus'],
    );
    const names = new Set(answer.slots[2]?.codecs.map(({ codec }) => codec));
    for (const name of ['vp8', 'vp9', 'av1'] as const) t.ok(names.has(name));
    t.equal(names.has('h264'), browser === 'chromium', 'Debian has Firefox without H.264');
    const kinds = answer.extensions.map(({ kind }) => kind);
    for (const kind of ['mid', 'audio_level', 'transport_cc'] as const) t.ok(kinds.includes(kind));
  });
}

t.test('an m-line that is refused or does not receive takes no codec', async (t) => {
  const text = sdpFixture('chromium-answer');
  const [session, ...media] = text.split(/(?=^m=)/m) as [string, ...string[]];
  const dead = (media[1] as string).replace('m=audio 9', 'm=audio 0');
  const quiet = (media[3] as string).replace('a=recvonly', 'a=inactive');
  const changed = [
    session.replace('BUNDLE 0 1 2 3', 'BUNDLE 0 2 3'),
    media[0],
    dead,
    media[2],
    quiet,
  ];
  const { slots } = readSubscribeAnswer(changed.join(''), FIXTURE_SLOTS);
  t.same(
    slots.map(({ codecs }) => codecs.length > 0),
    [true, false, true, false],
  );
});

const refused: Record<string, (sdp: string) => string> = {
  'setup:passive': (sdp) => sdp.replaceAll('setup:active', 'setup:passive'),
  'fewer m-lines': (sdp) => sdp.slice(0, sdp.lastIndexOf('m=video')),
  'another mid': (sdp) => sdp.replace('BUNDLE 0', 'BUNDLE 9').replace('a=mid:0', 'a=mid:9'),
  'another kind': (sdp) => sdp.replace('m=audio', 'm=video'),
  'no rtcp-mux': (sdp) => sdp.replace('a=rtcp-mux\r\n', ''),
  'everything refused': (sdp) => sdp.replaceAll(/^(m=\w+) 9/gm, '$1 0'),
  garbage: () => 'garbage',
};

t.test('answers that fit no offer are sdp_rejected', async (t) => {
  for (const browser of BROWSERS) {
    for (const [what, change] of Object.entries(refused)) {
      const changed = change(sdpFixture(`${browser}-answer`));
      const read = () => readSubscribeAnswer(changed, FIXTURE_SLOTS);
      t.throws(read, { code: 'sdp_rejected' }, `${browser}: ${what}`);
    }
  }
});
