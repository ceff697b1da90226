import t from 'tap';
import { acceptCodecs, FORMATS, formatOf, NO_RTX, offeredCodecs } from './codecs.js';
import type { RtpCodec } from './rtp-media.js';

function codec(name: string, parameters: Record<string, string> = {}, payloadType = 96): RtpCodec {
  return {
    payloadType,
    name,
    clockRate: 90_000,
    channels: 1,
    parameters: new Map(Object.entries(parameters)),
    feedback: new Set(),
  };
}

function h264(profileLevelId: string, mode = '1'): number {
  return formatOf(
    codec('h264', { 'packetization-mode': mode, 'profile-level-id': profileLevelId }),
  );
}

t.test('H.264: same profile, same format, whatever the level', async (t) => {
  const profiles = ['42e01f', '42001f', '4d001f', '64001f'].map((id) => h264(id));
  t.equal(new Set(profiles).size, 4);
  t.notOk(profiles.includes(-1));
  t.equal(h264('42e034'), h264('42e01f'), 'another level');
  t.equal(h264('42c01f'), h264('42e01f'), 'constraint_set1 is what counts');
  t.equal(h264('4d801f'), h264('42e01f'), 'main that obeys baseline');
  t.equal(h264('640c1f'), h264('64001f'), 'constrained high');
  t.equal(h264('42E01F'), h264('42e01f'));
  for (const id of ['f4001f', 'zz001f', '42', '']) t.equal(h264(id), -1, id);
  t.equal(h264('42e01f', '0'), -1, 'packetization-mode 0');
});

t.test('VP9 and AV1: profile 0 only', async (t) => {
  t.not(formatOf(codec('vp9')), -1);
  t.equal(formatOf(codec('vp9', { 'profile-id': '0' })), formatOf(codec('vp9')));
  t.equal(formatOf(codec('vp9', { 'profile-id': '2' })), -1);
  t.not(formatOf(codec('av1')), -1);
  t.equal(formatOf(codec('av1', { profile: '1' })), -1);
});

t.test('another clock or number of channels is another codec', async (t) => {
  const opus = { ...codec('opus'), clockRate: 48_000, channels: 2 };
  t.equal(formatOf(opus), 0);
  t.equal(formatOf({ ...opus, channels: 1 }), -1);
  t.equal(formatOf({ ...opus, clockRate: 8000 }), -1);
  t.equal(formatOf(codec('h265')), -1);
});

t.test('RTX by apt', async (t) => {
  const [vp8] = acceptCodecs([codec('vp8', {}, 96), codec('rtx', { apt: '96' }, 97)]);
  t.equal(vp8?.rtxPayloadType, 97);
  const [alone] = acceptCodecs([codec('vp8', {}, 96), codec('rtx', { apt: '98' }, 97)]);
  t.equal(alone?.rtxPayloadType, NO_RTX);
});

t.test('RED carries the first Opus of its m-line, or is left out', async (t) => {
  const audio = (name: string, parameters: Record<string, string>, payloadType: number) => ({
    ...codec(name, parameters, payloadType),
    clockRate: 48_000,
    channels: 2,
    feedback: new Set(['nack', 'transport-cc']),
  });
  const opus = audio('opus', {}, 111);
  const types = (...codecs: RtpCodec[]) => acceptCodecs(codecs).map((item) => item.payloadType);
  t.same(types(opus, audio('red', { '111/111': '' }, 63)), [63, 111]);
  t.same(types(opus, audio('red', { '111/111/111': '' }, 63)), [63, 111]);
  for (const blocks of ['110/110', '111/0', '111', '', '1111/1111']) {
    t.same(types(opus, audio('red', { [blocks]: '' }, 63)), [111], blocks);
  }
  t.same(types(audio('red', { '111/111': '' }, 63)), [], 'without Opus');
  t.same(types(opus, codec('red', { '111/111': '' }, 63)), [111], 'of video');
  t.ok(acceptCodecs([opus])[0]?.nack);
  const accepted = acceptCodecs([opus, audio('red', { '111/111': '' }, 63)]);
  t.ok(
    accepted.every(({ nack, transportCc }) => !nack && transportCc),
    'the next packet repairs, nobody asks (R5.15)',
  );
});

t.test('what we offer: every format, payload types that are ours alone', async (t) => {
  const offered = [...offeredCodecs('audio'), ...offeredCodecs('video')];
  t.equal(offered.length, FORMATS.length);
  const types = offered.flatMap(({ payloadType, rtxPayloadType }) => [payloadType, rtxPayloadType]);
  const used = types.filter((type) => type !== NO_RTX);
  t.equal(new Set(used).size, used.length);
  t.ok(used.every((type) => type >= 96 && type <= 127));
});
