// Records what Chromium sends, unencrypted, as fixtures: node tools/record-captures.mjs [NAME …]
// Two connections of one page talk through a relay of ours, with encryption switched off by the
// browser's own flag; the relay writes every RTP and RTCP packet of the sending side to
// test/fixtures/captures/chromium_NAME.rtpdump, in the order in which it arrived. Key frames of all
// encodings are asked for every second, so that a replay can switch layers anywhere.
import { createSocket } from 'node:dgram';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const folder = join(import.meta.dirname, '..', 'test', 'fixtures', 'captures');
const seconds = 8;

const simulcast = (codec) => ({
  kind: 'video',
  codec,
  size: [960, 540],
  encodings: [4, 2, 1].map((scale, index) => ({
    rid: ['q', 'h', 'f'][index],
    scaleResolutionDownBy: scale,
    maxBitrate: [60_000, 150_000, 400_000][index],
    scalabilityMode: codec === 'H264' ? 'L1T2' : 'L1T3',
  })),
});
const scalable = (codec, scalabilityMode) => ({
  kind: 'video',
  codec,
  size: [1280, 720],
  encodings: [{ maxBitrate: 1_500_000, scalabilityMode }],
});
const scenarios = {
  vp8_simulcast: simulcast('VP8'),
  h264_simulcast: simulcast('H264'),
  vp9_simulcast: simulcast('VP9'),
  av1_simulcast: simulcast('AV1'),
  vp9_l3t3: scalable('VP9', 'L3T3'),
  vp9_l3t3_key: scalable('VP9', 'L3T3_KEY'),
  av1_l3t3: scalable('AV1', 'L3T3'),
  av1_l3t3_key: scalable('AV1', 'L3T3_KEY'),
  opus_dtx: { kind: 'audio', red: false },
  opus_red_dtx: { kind: 'audio', red: true },
};

const flags = [
  '--no-sandbox',
  '--disable-webrtc-encryption',
  '--use-fake-device-for-media-stream=fps=30',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
  '--disable-gpu',
];

/** Runs in the page: makes both descriptions; the relay's ports come in, the page's go out. */
async function connect({ scenario, relayOfSender, relayOfReceiver }) {
  const { kind, codec, size, encodings, red } = scenario;
  const wanted =
    kind === 'video'
      ? { video: { width: size[0], height: size[1], frameRate: 30 } }
      : { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } };
  const [camera] = (await navigator.mediaDevices.getUserMedia(wanted)).getTracks();
  // Synthetic sound that pauses: half a second of tone, two of silence.
  let track = camera;
  if (kind === 'audio') {
    const context = new AudioContext();
    const tone = new OscillatorNode(context, { frequency: 440 });
    const gain = new GainNode(context, { gain: 0 });
    const out = context.createMediaStreamDestination();
    tone.connect(gain).connect(out);
    for (let at = 1; at < 60; at += 2.5) {
      gain.gain.setValueAtTime(0.5, at);
      gain.gain.setValueAtTime(0, at + 0.5);
    }
    tone.start();
    track = out.stream.getAudioTracks()[0];
  }
  const sender = new RTCPeerConnection();
  const receiver = new RTCPeerConnection();
  globalThis.connections = [sender, receiver];
  const transceiver = sender.addTransceiver(track, {
    direction: 'sendonly',
    ...(encodings && { sendEncodings: encodings }),
  });
  const known = RTCRtpSender.getCapabilities(kind).codecs;
  const first = kind === 'video' ? `video/${codec}` : red ? 'audio/red' : 'audio/opus';
  const isRtx = ({ mimeType }) => mimeType === 'video/rtx';
  const mine = known.filter(({ mimeType }) => mimeType === first).slice(0, 1);
  const others = known.filter((each) =>
    kind === 'video' ? isRtx(each) : each.mimeType === 'audio/opus' && red,
  );
  transceiver.setCodecPreferences([...mine, ...others]);

  const gathered = (connection) =>
    new Promise((resolve) => {
      connection.onicegatheringstatechange = () =>
        connection.iceGatheringState === 'complete' && resolve();
    });
  const withoutCandidates = (sdp) => sdp.replace(/a=candidate:.*\r\n|a=end-of-candidates\r\n/g, '');
  const portOf = (sdp) =>
    Number(/a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) typ host/.exec(sdp)?.[1]);
  const candidate = (port) => ({
    candidate: `candidate:1 1 udp 2130706431 127.0.0.1 ${port} typ host`,
    sdpMid: '0',
  });
  const senderGathered = gathered(sender);
  const receiverGathered = gathered(receiver);
  await sender.setLocalDescription();
  await senderGathered;
  await receiver.setRemoteDescription({
    type: 'offer',
    sdp: withoutCandidates(sender.localDescription.sdp),
  });
  await receiver.setLocalDescription();
  await receiverGathered;
  const rids = (encodings ?? []).flatMap(({ rid }) => rid ?? []);
  let answer = withoutCandidates(receiver.localDescription.sdp).replace(
    /(a=fmtp:\d+ minptime=10;useinbandfec=1)/,
    '$1;usedtx=1',
  );
  // The top layer from the first second on: without it the browser's own estimate climbs first.
  const payloadType = /a=rtpmap:(\d+)/.exec(answer)?.[1];
  const has = new RegExp(`a=fmtp:${payloadType} `).exec(answer)?.[0];
  const start = `a=fmtp:${payloadType} x-google-start-bitrate=3000`;
  if (kind === 'video') answer = has ? answer.replace(has, `${start};`) : `${answer}${start}\r\n`;
  if (rids.length > 0) {
    answer += rids.map((rid) => `a=rid:${rid} recv\r\n`).join('');
    answer += `a=simulcast:recv ${rids.join(';')}\r\n`;
  }
  await sender.setRemoteDescription({ type: 'answer', sdp: answer });
  await sender.addIceCandidate(candidate(relayOfSender));
  await receiver.addIceCandidate(candidate(relayOfReceiver));
  if (kind === 'video') {
    setInterval(() => {
      const parameters = transceiver.sender.getParameters();
      const encodingOptions = parameters.encodings.map(() => ({ keyFrame: true }));
      transceiver.sender.setParameters(parameters, { encodingOptions }).catch(() => {});
    }, 1000);
  }
  return {
    offer: sender.localDescription.sdp,
    senderPort: portOf(sender.localDescription.sdp),
    receiverPort: portOf(receiver.localDescription.sdp),
  };
}

async function socket() {
  const made = createSocket('udp4');
  await new Promise((resolve) => made.bind(0, '127.0.0.1', resolve));
  return made;
}

/** STUN has two leading zero bits; RTP and RTCP are version 2. */
const isMedia = (datagram) => (datagram[0] & 0xc0) === 0x80;

/** RFC 3550 tools' rtpdump: a line, a file header of 16 bytes, then records of 8 bytes and packet. */
function rtpdump(packets) {
  const head = Buffer.alloc(16);
  const records = packets.map(({ atMs, bytes }) => {
    const record = Buffer.alloc(8);
    const isRtcp = bytes[1] >= 192 && bytes[1] <= 223;
    record.writeUInt16BE(bytes.length + 8, 0);
    record.writeUInt16BE(isRtcp ? 0 : bytes.length, 2);
    record.writeUInt32BE(Math.round(atMs), 4);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([Buffer.from('#!rtpplay1.0 127.0.0.1/0\n'), head, ...records]);
}

async function record(browser, url, name, scenario) {
  const page = await (
    await browser.newContext({ permissions: ['camera', 'microphone'] })
  ).newPage();
  await page.goto(url);
  const [a, b] = [await socket(), await socket()];
  const packets = [];
  let began;
  let ports;
  a.on('message', (bytes) => {
    if (isMedia(bytes)) {
      began ??= performance.now();
      packets.push({ atMs: performance.now() - began, bytes });
    }
    if (ports) b.send(bytes, ports.receiverPort, '127.0.0.1');
  });
  b.on('message', (bytes) => ports && a.send(bytes, ports.senderPort, '127.0.0.1'));
  ports = await page.evaluate(connect, {
    scenario,
    relayOfSender: a.address().port,
    relayOfReceiver: b.address().port,
  });
  await new Promise((resolve) => setTimeout(resolve, (seconds + 2) * 1000));
  await page.close();
  a.close();
  b.close();
  const kept = packets.filter(({ atMs }) => atMs < seconds * 1000);
  await writeFile(join(folder, `chromium_${name}.rtpdump`), rtpdump(kept));
  await writeFile(join(folder, `chromium_${name}.sdp`), mediaLines(ports.offer));
  console.log(
    `${name}: ${kept.length} packets, ${kept.reduce((n, p) => n + p.bytes.length, 0)} bytes`,
  );
}

/** What a replay needs to read the packets: payload types, extension ids, RIDs. */
function mediaLines(sdp) {
  const wanted = /^(m=|a=(mid|rtpmap|fmtp|extmap|rid|simulcast|ssrc-group|ssrc))/;
  return `${sdp
    .split('\r\n')
    .filter((line) => wanted.test(line))
    .join('\r\n')}\r\n`;
}

const names = process.argv.slice(2);
const server = createServer((_, response) => response.end('<!doctype html>')).listen(
  0,
  '127.0.0.1',
);
await new Promise((resolve) => server.once('listening', resolve));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
try {
  const url = `http://127.0.0.1:${server.address().port}/`;
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (names.length === 0 || names.includes(name)) await record(browser, url, name, scenario);
  }
} finally {
  await browser.close();
  server.close();
}
