/** ffmpeg publishes and receives by PlainTransport: RTP, SRTP with given keys, a learned address. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { claimPort } from '../../control/src/testing/test-ports.js';
import {
  createNode,
  type DeclaredCodec,
  type Participant,
  type PlainTransport,
  type Room,
} from '../../lib/index.js';
import { decode, ffmpeg } from './support/ffmpeg.js';

const picture = ['-re', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=15'];
const tone = ['-re', '-f', 'lavfi', '-i', 'sine=frequency=440'];
const vp8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-g', '15', '-b:v', '300k'];
const h264 = [
  ...['-c:v', 'libx264', '-profile:v', 'baseline', '-pix_fmt', 'yuv420p', '-preset', 'ultrafast'],
  ...['-tune', 'zerolatency', '-g', '15', '-b:v', '300k'],
];
const opus = ['-c:a', 'libopus', '-ac', '2', '-b:a', '32k'];

/** ffmpeg's RTCP comes from the port behind that of RTP. */
const at = (port: number) => ({ address: '127.0.0.1', port, rtcpPort: port + 1 });

/** Where ffmpeg sends to: RTP and RTCP to the one port, from `port` and the one behind it. */
function urlTo({ local }: PlainTransport, port: number, scheme = 'rtp'): string {
  const own = `localrtpport=${port}&localrtcpport=${port + 1}`;
  return `${scheme}://${local.address}:${local.port}?rtcpport=${local.port}&${own}&pkt_size=1200`;
}

function openRoom(t: Test): Room {
  const node = createNode({ listen: [{ address: '127.0.0.1', port: 0 }] });
  t.teardown(() => node.close());
  node.on('refused', (error) => t.fail(error.message));
  return node.createRoom({ id: 'room' });
}

const join = (room: Room, id: string) => room.addParticipant({ id, autoSubscribe: false });

/** Sends the only publication of this kind to `port` and the one behind it. */
async function receive(viewer: Participant, port: number, codec: DeclaredCodec): Promise<void> {
  const kind = codec.codec === 'opus' ? 'audio' : 'video';
  const publication = [...viewer.room.publications.values()].find((item) => item.kind === kind);
  const transport = await viewer.createPlainTransport({ remote: at(port) });
  transport.subscribe(publication?.id ?? '', { codecs: [codec] });
}

const sessionLines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0'];
const sdpOf = (...media: string[]) => [...sessionLines, ...media, ''].join('\r\n');

t.test('VP8 and Opus as RTP, in and out', async (t) => {
  const room = openRoom(t);
  const [camera, microphone] = [await claimPort([1]), await claimPort([1])];
  const studio = join(room, 'studio');
  const video = await studio.createPlainTransport({ remote: at(camera) });
  const audio = await studio.createPlainTransport({ remote: at(microphone) });
  await video.publish({
    ...{ kind: 'video', source: 'camera' },
    codecs: [{ payloadType: 96, codec: 'vp8' }],
  });
  await audio.publish({
    ...{ kind: 'audio', source: 'microphone' },
    codecs: [{ payloadType: 97, codec: 'opus' }],
  });
  const viewer = join(room, 'viewer');
  const [videoPort, audioPort] = [await claimPort([1]), await claimPort([1])];
  await receive(viewer, videoPort, { payloadType: 101, codec: 'vp8' });
  await receive(viewer, audioPort, { payloadType: 102, codec: 'opus' });

  ffmpeg(t, [
    ...[...picture, ...tone],
    ...['-map', '0:v', ...vp8, '-payload_type', '96', '-f', 'rtp', urlTo(video, camera)],
    ...['-map', '1:a', ...opus, '-payload_type', '97', '-f', 'rtp', urlTo(audio, microphone)],
  ]);
  const sdp = sdpOf(
    `m=video ${videoPort} RTP/AVP 101`,
    'a=rtpmap:101 VP8/90000',
    `m=audio ${audioPort} RTP/AVP 102`,
    'a=rtpmap:102 opus/48000/2',
  );
  const decoded = await decode(t, sdp, { video: 30, audio: 50 });
  t.same(decoded, { video: 30, audio: 50 });
  t.comment(`decoded ${decoded.video} pictures and ${decoded.audio} frames of sound`);
});

t.test('H.264 as SRTP with given keys, in and out', async (t) => {
  const room = openRoom(t);
  const profile = 'aes128_cm_hmac_sha1_80';
  const keys = [1, 2, 3, 4].map((byte) => Buffer.alloc(30, byte));
  const [theirs, unused, ours, unusedToo] = keys as [Buffer, Buffer, Buffer, Buffer];
  const [camera, port] = [await claimPort([1]), await claimPort([1])];
  const codec = { payloadType: 96, codec: 'h264' } as const;

  const video = await join(room, 'studio').createPlainTransport({
    remote: at(camera),
    srtp: { profile, receive: theirs, send: unused },
  });
  const track = { kind: 'video', source: 'camera', codecs: [codec] } as const;
  const publication = await video.publish(track);
  const out = await join(room, 'viewer').createPlainTransport({
    remote: at(port),
    srtp: { profile, receive: unusedToo, send: ours },
  });
  out.subscribe(publication.id, { codecs: [codec] });

  const suite = 'AES_CM_128_HMAC_SHA1_80';
  const key = theirs.toString('base64');
  ffmpeg(t, [
    ...[...picture, ...h264, '-payload_type', '96'],
    ...['-srtp_out_suite', suite, '-srtp_out_params', key, '-f', 'rtp'],
    urlTo(video, camera, 'srtp'),
  ]);
  const sdp = sdpOf(
    `m=video ${port} RTP/SAVP 96`,
    'a=rtpmap:96 H264/90000',
    'a=fmtp:96 packetization-mode=1',
    `a=crypto:1 ${suite} inline:${ours.toString('base64')}`,
  );
  t.match(await decode(t, sdp, { video: 30 }), { video: 30 });
});

t.test('an address that a token has proven', async (t) => {
  const room = openRoom(t);
  const camera = await claimPort([1]);
  const video = await join(room, 'studio').createPlainTransport({});
  const codec = { payloadType: 96, codec: 'vp8' } as const;
  await video.publish({ kind: 'video', source: 'camera', codecs: [codec] });
  t.equal(video.state, 'new');
  for (const [component, port] of [
    ['rtp', camera],
    ['rtcp', camera + 1],
  ] as const) {
    const socket = createSocket('udp4').bind(port, '127.0.0.1');
    await once(socket, 'listening');
    const token = video.token(component) as Uint8Array;
    socket.send(token, video.local.port, video.local.address);
    const [answer] = (await once(socket, 'message')) as [Buffer];
    t.same(answer, Buffer.from(token.subarray(0, 12)));
    socket.close();
    await once(socket, 'close');
  }
  const port = await claimPort([1]);
  await receive(join(room, 'viewer'), port, codec);
  ffmpeg(t, [...picture, ...vp8, '-payload_type', '96', '-f', 'rtp', urlTo(video, camera)]);
  const sdp = sdpOf(`m=video ${port} RTP/AVP 96`, 'a=rtpmap:96 VP8/90000');
  t.match(await decode(t, sdp, { video: 15 }), { video: 15 });
  t.equal(video.state, 'connected');
});
