/** Clients that offer once (WHIP, WHEP): programs that nobody here wrote. */
import t from 'tap';
import { FIXTURE_LOCAL, sdpFixture, WHEP_CLIENTS, WHIP_CLIENTS } from '../testing/sdp-fixtures.js';
import { readPublishOffer, writePublishAnswer } from './publish.js';
import { attributeOf, attributesOf, parseSdp } from './sdp.js';
import { readSubscribeOffer, writeSubscribeAnswer } from './subscribe-offer.js';

const IDENTITY = { id: 7, version: 1 };

function answerTo(sdp: string) {
  const offer = readPublishOffer(sdp);
  const wanted = new Set(offer.tracks.map(({ mid }) => mid));
  return parseSdp(writePublishAnswer(offer, wanted, FIXTURE_LOCAL, IDENTITY));
}

const expected: Record<(typeof WHIP_CLIENTS)[number], [string, string, number][]> = {
  gstreamer: [
    ['video0', 'vp8', 96],
    ['audio1', 'opus', 97],
  ],
  aiortc: [
    ['0', 'opus', 96],
    ['1', 'vp8', 97],
  ],
  obs: [
    ['0', 'opus', 111],
    ['1', 'h264', 96],
  ],
  ffmpeg: [
    ['0', 'opus', 111],
    ['1', 'h264', 106],
  ],
};

for (const client of WHIP_CLIENTS) {
  t.test(`WHIP, ${client}: every track is taken under its own payload type`, async (t) => {
    const sdp = sdpFixture(`${client}-whip-offer`);
    const { tracks } = readPublishOffer(sdp);
    t.same(
      tracks.map(({ mid, codecs }) => [mid, codecs[0]?.codec, codecs[0]?.payloadType]),
      expected[client],
    );
    for (const { sends, encodings } of tracks) {
      t.ok(sends);
      t.equal(encodings.length, 1);
      t.not(encodings[0]?.ssrc, 0);
    }
    const answer = answerTo(sdp);
    for (const media of answer.media) {
      t.equal(attributeOf(media, 'recvonly'), '');
      t.equal(attributeOf(media, 'setup'), 'passive');
      t.equal(attributeOf(media, 'rtcp-mux'), '');
      t.equal(media.protocol, 'UDP/TLS/RTP/SAVPF');
    }
    const { name } = /rtpmap:\d+ (?<name>[A-Z0-9]+)\/90000/.exec(sdp)?.groups ?? {};
    t.match(JSON.stringify(answer.media), `${name}/90000`);
  });
}

t.test('a bundle-only m-line need not repeat what the first one says', async (t) => {
  const sdp = sdpFixture('gstreamer-whip-offer');
  const [head, first, second] = sdp.split(/(?=^m=)/m) as [string, string, string];
  const bare = second.replaceAll(/a=(rtcp-mux|rtcp-mux-only|setup|ice-|fingerprint).*\r\n/g, '');
  t.equal(readPublishOffer(head + first + bare).tracks.length, 2);
  const deaf = first.replaceAll(/a=rtcp-mux.*\r\n/g, '');
  t.throws(() => readPublishOffer(head + deaf + second), { code: 'sdp_rejected' });
});

t.test('what clients write in their own way', async (t) => {
  const sdp = sdpFixture('obs-whip-offer');
  const both = sdp.replaceAll('a=sendonly', 'a=sendrecv');
  t.ok(readPublishOffer(both).tracks.every(({ sends }) => sends));
  const old = sdp.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/SAVPF');
  t.equal(answerTo(old).media[0]?.protocol, 'RTP/SAVPF', 'the answer repeats the profile');
  const silent = sdp.replace('a=setup:actpass\r\n', '');
  t.equal(readPublishOffer(silent).remote?.setup, 'active', 'RFC 4145 §4');
  const repaired = sdp.replace(
    'a=ssrc:2084714222 cname',
    'a=ssrc-group:FEC-FR 2084714222 77\r\na=ssrc:77 cname:x\r\na=ssrc:2084714222 cname',
  );
  t.equal(readPublishOffer(repaired).tracks[1]?.encodings[0]?.ssrc, 2084714222);
  const lite = sdp.replace('a=group:LS 0 1', 'a=ice-lite');
  t.throws(() => readPublishOffer(lite), { code: 'sdp_rejected' }, 'two lite agents never meet');
});

for (const client of WHEP_CLIENTS) {
  t.test(`WHEP, ${client}: a slot per m-line, under the client's numbers`, async (t) => {
    const offer = readSubscribeOffer(sdpFixture(`${client}-whep-offer`));
    t.same(offer.slots.map(({ kind }) => kind).sort(), ['audio', 'video']);
    t.equal(offer.remote.setup, 'actpass');
    const slots = offer.slots.map(({ mid, kind }, index) => ({
      mid,
      kind,
      ssrc: 1000 + index,
      rtxSsrc: kind === 'video' ? 2000 : 0,
      cname: 'plenum',
    }));
    const answer = parseSdp(writeSubscribeAnswer(offer, slots, FIXTURE_LOCAL, IDENTITY));
    t.equal(attributeOf(answer, 'group'), 'BUNDLE 0 1');
    answer.media.forEach((media, index) => {
      const slot = offer.slots[index];
      t.equal(media.kind, slot?.kind);
      t.equal(attributeOf(media, 'sendonly'), '');
      t.equal(attributeOf(media, 'setup'), 'passive');
      t.equal(media.formats[0], `${slot?.codecs[0]?.payloadType}`);
      t.equal(attributeOf(media, 'ssrc'), `${1000 + index} cname:plenum`);
      t.match(attributeOf(media, 'msid'), /^plenum /, 'one MediaStream');
    });
    t.ok(attributesOf(answer.media[0] as never, 'candidate').length > 0);
  });
}

t.test("aiortc uses an id twice: the group's first meaning holds", async (t) => {
  const { extensions } = readSubscribeOffer(sdpFixture('aiortc-whep-offer'));
  t.same(extensions, [
    { id: 1, kind: 'mid' },
    { id: 2, kind: 'audio_level' },
  ]);
});

t.test('what the client receives of an extension, not what it sends', async (t) => {
  const level = 'a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level';
  const sdp = sdpFixture('aiortc-whep-offer');
  const sent = sdp.replace(level, level.replace(':2', ':2/sendonly'));
  t.notOk(readSubscribeOffer(sent).extensions.some(({ kind }) => kind === 'audio_level'));
  const received = sdp.replace(level, level.replace(':2', ':2/recvonly'));
  t.ok(readSubscribeOffer(received).extensions.some(({ kind }) => kind === 'audio_level'));
});

t.test('a codec that is not forwarded leaves the slot without one', async (t) => {
  const sdp = sdpFixture('pion-whep-offer').replaceAll(/ (VP8|VP9|AV1|H264)\//g, ' X-$1/');
  t.same(
    readSubscribeOffer(sdp).slots.map(({ codecs }) => codecs.length),
    [0, 1],
  );
});

const refused: Record<string, (sdp: string) => string> = {
  'an m-line that sends': (sdp) => sdp.replace('a=recvonly', 'a=sendonly'),
  'an inactive m-line': (sdp) => sdp.replace('a=recvonly', 'a=inactive'),
  'setup:passive': (sdp) => sdp.replaceAll('setup:actpass', 'setup:passive'),
  'no BUNDLE': (sdp) => sdp.replace('a=group:BUNDLE 0 1\r\n', ''),
  'no rtcp-mux': (sdp) => sdp.replace('a=rtcp-mux\r\n', ''),
  'a data channel': (sdp) => sdp.replace('m=audio 9 UDP/TLS/RTP/SAVPF', 'm=audio 9 UDP/DTLS/SCTP'),
  'nothing live': (sdp) => sdp.replaceAll(/^(m=\w+) 9/gm, '$1 0'),
  'no SDP': () => '{"sdp":"v=0"}',
};

t.test('WHEP offers that cannot be served are sdp_rejected', async (t) => {
  for (const [what, change] of Object.entries(refused)) {
    const changed = change(sdpFixture('pion-whep-offer'));
    t.throws(() => readSubscribeOffer(changed), { code: 'sdp_rejected' }, what);
  }
});
