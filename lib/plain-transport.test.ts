import t from 'tap';
import { FakeEngine } from './engine/fake-engine.js';
import { createNode } from './node.js';
import type { DeclaredCodec, PlainSrtp } from './plain-transport.js';
import { CAMERA, join, openMeeting, publish, settle } from './testing/meeting.js';

const vp8: DeclaredCodec = { payloadType: 96, codec: 'vp8' };
const opus: DeclaredCodec = { payloadType: 97, codec: 'opus' };
const remote = { address: '127.0.0.1', port: 5004, rtcpPort: 5005 };

t.test('publishes what is declared, which others receive', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const bot = meeting.room.addParticipant({ id: 'bot' });
  const plain = await bot.createPlainTransport({ remote });
  t.same(plain.local, { address: '127.0.0.1', port: 40_000 });
  t.equal(plain.token(), null);
  await settle();
  t.equal(plain.state, 'connected');
  const camera = await plain.publish({ kind: 'video', source: 'camera', codecs: [vp8], ssrc: 7 });
  t.equal(camera.codec, 'vp8');
  t.ok(anna.subscriptions.has(camera.id));
  t.match(
    meeting.engine.commands.find(({ type }) => type === 'publicationCreate'),
    { mid: '', encodings: [{ ssrc: 7 }], codecs: [{ payloadType: 96, format: 1, nack: false }] },
  );
  await publish(bot, []);
  t.ok(bot.publications.has(camera.id), 'an offer of the other transport ends it not');
  plain.close();
  t.equal(plain.state, 'closed');
  t.equal(meeting.room.publications.size, 0);
  t.equal(bot.plainTransports.size, 0);
  t.same(meeting.refused, []);
});

t.test('receives under its own payload types', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  const { publications } = await publish(anna, [CAMERA]);
  const id = publications[0]?.publication.id as string;
  const bot = meeting.room.addParticipant({ id: 'bot', autoSubscribe: false });
  const plain = await bot.createPlainTransport({ remote });
  t.throws(() => plain.subscribe('none', { codecs: [vp8] }), { code: 'unknown_publication' });
  t.throws(() => plain.subscribe(id, { codecs: [opus] }), { code: 'codec_unsupported' });
  const subscription = plain.subscribe(id, { codecs: [{ ...vp8, payloadType: 101 }], ssrc: 99 });
  t.throws(() => plain.subscribe(id, { codecs: [vp8] }), { code: 'conflict' });
  await settle();
  t.match(
    meeting.engine.commands.filter(({ type }) => type === 'outboundCreate'),
    [{ ssrc: 99, codecs: [{ payloadType: 101 }] }],
  );
  subscription.close();
  plain.subscribe(id, { codecs: [vp8] });
  await settle();
  bot.close();
  await settle();
  t.equal(plain.state, 'closed');
  t.same(meeting.refused, []);
});

t.test('the token: 44 bytes that name component, transport and secret', async (t) => {
  const bot = openMeeting().room.addParticipant({ id: 'bot' });
  const plain = await bot.createPlainTransport({});
  const token = plain.token() as Uint8Array;
  t.equal(token.length, 44);
  t.equal(Buffer.from(token.subarray(0, 4)).toString('hex'), '504c4e01');
  t.equal(plain.token('rtcp')?.[3], 2);
  t.equal(plain.state, 'new');
});

t.test('what must not be opened', async (t) => {
  const engine = new FakeEngine({ listen: [{ address: '192.0.2.1', port: 40_000 }] });
  const bot = createNode({ engine }).createRoom({ id: 'r' }).addParticipant({ id: 'bot' });
  const outside = { address: '198.51.100.1', port: 5004 };
  const refused = (options: Parameters<typeof bot.createPlainTransport>[0]) =>
    t.rejects(bot.createPlainTransport(options), { code: 'bad_request' });
  await refused({ remote: outside });
  await refused({});
  await refused({ address: '192.0.2.2', remote: outside });
  const profile = 'aead_aes_128_gcm';
  const keys = (receive: number, send: number): PlainSrtp => ({
    ...{ profile, receive: new Uint8Array(28).fill(receive) },
    send: new Uint8Array(28).fill(send),
  });
  await refused({ remote: outside, srtp: keys(1, 1) });
  await refused({ remote: { ...outside, port: 0 }, srtp: keys(1, 2) });
  await refused({ remote: { ...outside, address: 'example.org' }, srtp: keys(1, 2) });
  t.ok(await bot.createPlainTransport({ remote: outside, srtp: keys(1, 2) }));

  const open = new FakeEngine({ listen: [{ address: '192.0.2.1', port: 40_000 }] });
  const node = createNode({ engine: open, plain: { unencrypted: true } });
  t.ok(await node.createRoom({ id: 'r' }).addParticipant({ id: 'b' }).createPlainTransport({}));
  open.refuse('plainTransportCreate', 'wrong_state');
  const taken = node.createRoom({ id: 's' }).addParticipant({ id: 'b' });
  await t.rejects(taken.createPlainTransport({ remote: outside }), { code: 'conflict' });
});

t.test('declared codecs', async (t) => {
  const bot = openMeeting().room.addParticipant({ id: 'bot' });
  const plain = await bot.createPlainTransport({ remote });
  const video = (...codecs: DeclaredCodec[]) =>
    plain.publish({ kind: 'video', source: 'camera', codecs });
  await t.rejects(video(), { code: 'bad_request' });
  await t.rejects(video(vp8, vp8), { code: 'bad_request' });
  await t.rejects(video({ payloadType: 72, codec: 'vp8' }), { code: 'bad_request' });
  await t.rejects(video(opus), { code: 'codec_unsupported' });
  const packetization = {
    payloadType: 96,
    codec: 'h264',
    parameters: 'packetization-mode=0',
  } as const;
  await t.rejects(video(packetization), { code: 'codec_unsupported' });
  t.equal((await video({ payloadType: 96, codec: 'h264' })).codec, 'h264');
});
