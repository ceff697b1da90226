import t from 'tap';
import { BROWSERS, FIXTURE_LOCAL, sdpFixture } from '../testing/sdp-fixtures.js';
import { readPublishOffer, writePublishAnswer } from './publish.js';
import { attributeOf, attributesOf, type Media, parseSdp } from './sdp.js';

const IDENTITY = { id: 7, version: 1 };

function answer(offer: string, wanted: readonly string[]): Media[] {
  const sdp = writePublishAnswer(readPublishOffer(offer), new Set(wanted), FIXTURE_LOCAL, IDENTITY);
  return parseSdp(sdp).media;
}

for (const browser of BROWSERS) {
  t.test(`${browser}: three tracks`, async (t) => {
    const offer = readPublishOffer(sdpFixture(`${browser}-offer`));
    t.equal(offer.remote?.setup, 'actpass');
    t.equal(offer.remote?.fingerprint.length, 32);
    t.same(
      offer.tracks.map(({ mid, kind, sends }) => [mid, kind, sends]),
      [
        ['0', 'audio', true],
        ['1', 'video', true],
        ['2', 'video', true],
      ],
    );
    const [audio, camera] = offer.tracks;
    t.same(
      audio?.codecs.map(({ codec }) => codec),
      browser === 'chromium' ? ['red', 'opus'] : ['opus'],
    );
    t.ok(camera?.codecs.some(({ codec }) => codec === 'vp8'));
    t.ok(
      camera?.codecs.every(({ nack, pli, fir, transportCc }) => nack && pli && fir && transportCc),
    );
    t.ok(camera?.codecs.every(({ rtxPayloadType }) => rtxPayloadType !== 255));
    t.equal(camera?.encodings.length, 1);
    t.not(camera?.encodings[0]?.ssrc, 0);
    t.not(camera?.encodings[0]?.rtxSsrc, 0);
    const kinds = offer.extensions.map(({ kind }) => kind);
    for (const kind of ['mid', 'audio_level', 'transport_cc'] as const) t.ok(kinds.includes(kind));
    t.notOk(kinds.includes('abs_send_time'), 'of no use beside transport_cc');
  });

  t.test(`${browser}: the answer`, async (t) => {
    const text = sdpFixture(`${browser}-offer`);
    const content = readPublishOffer(text);
    const sdp = writePublishAnswer(content, new Set(['0', '1']), FIXTURE_LOCAL, IDENTITY);
    const session = parseSdp(sdp);
    t.equal(attributeOf(session, 'ice-lite'), '');
    t.equal(attributeOf(session, 'group'), 'BUNDLE 0 1 2');
    t.equal(attributeOf(session, 'extmap-allow-mixed'), '', 'as offered (RFC 8285 §6)');
    t.equal(attributeOf(session, 'fingerprint'), `sha-256 ${FIXTURE_LOCAL.fingerprint}`);
    const [audio, camera, screen] = session.media;
    t.equal(audio && attributesOf(audio, 'candidate').length, 2);
    t.equal(audio?.port, 40_000);
    for (const media of session.media) {
      t.equal(attributeOf(media, 'setup'), 'passive');
      t.equal(attributeOf(media, 'ice-ufrag'), FIXTURE_LOCAL.ufrag);
      t.equal(attributeOf(media, 'rtcp-mux'), '');
    }
    t.equal(audio && attributeOf(audio, 'recvonly'), '');
    t.equal(camera && attributeOf(camera, 'recvonly'), '');
    t.equal(screen && attributeOf(screen, 'inactive'), '');
    t.notMatch(sdp, /goog-remb|ulpfec|telephone-event|red\/90000/);
  });

  t.test(`${browser}: mixed extension headers only where they are offered`, async (t) => {
    const lines = sdpFixture(`${browser}-offer`).replaceAll('a=extmap-allow-mixed\r\n', '');
    const mixedBy = (offer: string) =>
      writePublishAnswer(readPublishOffer(offer), new Set(['0']), FIXTURE_LOCAL, IDENTITY).includes(
        'a=extmap-allow-mixed',
      );
    t.notOk(mixedBy(lines));
    t.ok(mixedBy(lines.replaceAll('a=rtcp-mux\r\n', 'a=rtcp-mux\r\na=extmap-allow-mixed\r\n')));
  });

  t.test(`${browser}: ended, paused and new m-lines, new credentials`, async (t) => {
    const first = readPublishOffer(sdpFixture(`${browser}-offer`));
    const second = readPublishOffer(sdpFixture(`${browser}-offer-again`));
    t.not(second.remote?.ufrag, first.remote?.ufrag, 'ICE restart');
    t.same(second.remote?.fingerprint, first.remote?.fingerprint);
    t.same(
      second.tracks.map(({ mid, sends }) => [mid, sends]),
      [
        ['0', true],
        ['2', false],
        ['3', true],
      ],
    );
    const [audio, ended, paused, added] = answer(sdpFixture(`${browser}-offer-again`), ['0', '3']);
    t.not(audio?.port, 0);
    t.equal(ended?.port, 0);
    t.equal(paused && attributeOf(paused, 'inactive'), '');
    t.equal(added && attributeOf(added, 'recvonly'), '');
  });

  t.test(`${browser}: simulcast is taken, the data channel is not`, async (t) => {
    const text = sdpFixture(`${browser}-offer-simulcast`);
    const [track] = readPublishOffer(text).tracks;
    t.same(
      track?.encodings,
      ['q', 'h', 'f'].map((rid) => ({ rid, ssrc: 0, rtxSsrc: 0 })),
    );
    t.ok(track?.extensions.some(({ kind }) => kind === 'rid'));
    t.ok(track?.extensions.some(({ kind }) => kind === 'repaired_rid'));
    const [video, channel] = answer(text, ['0']);
    t.equal(video && attributeOf(video, 'simulcast'), 'recv q;h;f');
    t.same(video && attributesOf(video, 'rid'), ['q recv', 'h recv', 'f recv']);
    t.match(channel, { kind: 'application', port: 0 });
    for (const offer of [text, text.replace('a=sendonly', 'a=inactive')]) {
      const [unwanted] = answer(offer, []);
      t.equal(unwanted && attributeOf(unwanted, 'inactive'), '');
      t.equal(unwanted && attributeOf(unwanted, 'simulcast'), 'recv q;h;f', 'not refused for good');
      t.strictSame(unwanted && attributesOf(unwanted, 'rid'), ['q recv', 'h recv', 'f recv']);
    }
  });
}

t.test('sound: silence may stay unsent, and RED is preferred to its Opus', async (t) => {
  const [audio] = answer(sdpFixture('chromium-offer'), ['0']);
  t.same(audio?.formats, ['63', '111']);
  t.same(audio && attributesOf(audio, 'fmtp'), [
    '63 111/111',
    '111 minptime=10;useinbandfec=1;usedtx=1',
  ]);
  const [plain] = answer(sdpFixture('firefox-offer'), ['0']);
  t.match(plain && attributesOf(plain, 'fmtp'), [/usedtx=1$/]);
});

t.test('codecs stay in the order of the offer', async (t) => {
  const text = sdpFixture('chromium-offer');
  const [, camera] = readPublishOffer(text).tracks;
  const turned = text.replaceAll(/(?<=m=video 9 UDP\/TLS\/RTP\/SAVPF )(.*)/g, (list) =>
    list.split(' ').reverse().join(' '),
  );
  const [, reversed] = readPublishOffer(turned).tracks;
  t.same(reversed?.codecs, camera?.codecs.toReversed());
  const [, answered] = answer(turned, ['0', '1', '2']);
  t.equal(answered?.formats[0], `${reversed?.codecs[0]?.payloadType}`);
});

t.test('without transport-wide numbers send times are wanted', async (t) => {
  const text = sdpFixture('chromium-offer').replaceAll(/a=extmap.*transport-wide-cc.*\r\n/g, '');
  const { extensions } = readPublishOffer(text);
  t.ok(extensions.some(({ kind }) => kind === 'abs_send_time'));
});

t.test('an extension id has one meaning in the group, the first', async (t) => {
  const text = sdpFixture('chromium-offer');
  const audioLevel = /a=extmap:(\d+) urn:ietf:params:rtp-hdrext:ssrc-audio-level/.exec(text);
  const clashing = text.replaceAll(
    /a=extmap:\d+ urn:3gpp:video-orientation/g,
    `a=extmap:${audioLevel?.[1]} urn:3gpp:video-orientation`,
  );
  const kinds = readPublishOffer(clashing).extensions.map(({ kind }) => kind);
  t.ok(kinds.includes('audio_level'));
  t.notOk(kinds.includes('video_orientation'));
});

const refused: Record<string, (sdp: string) => string> = {
  'setup:passive': (sdp) => sdp.replaceAll('setup:actpass', 'setup:passive'),
  'setup:holdconn': (sdp) => sdp.replaceAll('setup:actpass', 'setup:holdconn'),
  'no BUNDLE': (sdp) => sdp.replace(/a=group:.*\r\n/, ''),
  'an m-line outside of BUNDLE': (sdp) => sdp.replace('BUNDLE 0 1 2', 'BUNDLE 0 1'),
  'no rtcp-mux': (sdp) => sdp.replaceAll('a=rtcp-mux\r\n', ''),
  'no fingerprint': (sdp) => sdp.replaceAll(/a=fingerprint.*\r\n/g, ''),
  'a sha-1 fingerprint': (sdp) => sdp.replaceAll('sha-256', 'sha-1'),
  'no ufrag': (sdp) => sdp.replaceAll(/a=ice-ufrag.*\r\n/g, ''),
  'a short password': (sdp) => sdp.replaceAll(/a=ice-pwd.*\r\n/g, 'a=ice-pwd:short\r\n'),
  'a mid twice': (sdp) => sdp.replace('a=mid:1', 'a=mid:0'),
  'no mid': (sdp) => sdp.replace('a=mid:1\r\n', ''),
  'a bad rtpmap': (sdp) => sdp.replace('opus/48000/2', 'opus'),
  'a payload type mapped twice': (sdp) => sdp.replace(/(a=rtpmap:\d+ opus\/48000\/2\r\n)/, '$1$1'),
  'an ssrc of 0': (sdp) => sdp.replace(/a=ssrc:\d+ /, 'a=ssrc:0 '),
};

t.test('offers that cannot be used are sdp_rejected', async (t) => {
  for (const browser of BROWSERS) {
    const text = sdpFixture(`${browser}-offer`);
    for (const [what, change] of Object.entries(refused)) {
      const changed = change(text);
      t.not(changed, text);
      t.throws(() => readPublishOffer(changed), { code: 'sdp_rejected' }, `${browser}: ${what}`);
    }
  }
});

t.test('setup:active is welcome', async (t) => {
  const text = sdpFixture('firefox-offer').replaceAll('setup:actpass', 'setup:active');
  t.equal(readPublishOffer(text).remote?.setup, 'active');
});

t.test('everything ended: nobody to talk to', async (t) => {
  const text = sdpFixture('chromium-offer').replaceAll(/^(m=\w+) 9/gm, '$1 0');
  const offer = readPublishOffer(text);
  t.equal(offer.remote, null);
  t.ok(answer(text, []).every(({ port }) => port === 0));
});
