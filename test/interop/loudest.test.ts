/** Twenty people of whom two speak, and a third who begins: recorded Opus with DTX over UDP. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { Command } from '../../lib/engine/contract.gen.js';
import { createNativeEngine } from '../../lib/engine/native-engine.js';
import {
  handle,
  OPUS,
  outboundCreate,
  plainTransportCreate,
  publicationCreate,
  roomCreate,
  subscriptionCreate,
} from '../../lib/testing/commands.js';
import { EngineSession } from '../../lib/testing/engine-session.js';
import { isRtcp, type RtpPacket, readRtp } from '../../lib/testing/rtp.js';
import { eventually } from '../e2e/support/plenum.js';
import { FRAME, powersOf } from './support/opus-decoder.js';
import { Microphone, type RecordedSound, readSound } from './support/recorded-voice.js';

const PEOPLE = 20;
const LOUDEST = 3;
const SPEAKERS = [4, 11];
const LATE_SPEAKERS = [7, 15];
/** Who receives. */
const LISTENER = 0;
const STEP_MS = 20;
const SETTLING_STEPS = 75;
const COUNTED_STEPS = 100;

const inSsrc = (person: number) => 1000 + person;
const outSsrc = (person: number) => 5000 + person;

t.test('[T5.1] twenty people of whom two speak, then a third', async (t) => {
  const sound = readSound();
  const room = await openRoom(t, sound);

  await room.pass(SETTLING_STEPS);
  const before = room.received.length;
  await room.pass(COUNTED_STEPS);
  const counted = room.received.slice(before);
  const streams = new Set(counted.map(({ ssrc }) => ssrc));
  const rate = (1000 * counted.length) / (COUNTED_STEPS * STEP_MS);
  t.comment(
    `${PEOPLE} people, ${SPEAKERS.length} speak: packets of ${streams.size} streams, ` +
      `${rate.toFixed(1)} for each second of sound`,
  );
  t.ok(streams.size <= LOUDEST, `packets of ${streams.size} streams`);
  for (const person of SPEAKERS) t.ok(streams.has(outSsrc(person)), `${person} is heard`);
  t.comment(
    `conformance T5.1 streams over UDP threshold=${LOUDEST} got=${streams.size}; ` +
      `T5.1 packets over UDP threshold=160/s got=${rate.toFixed(1)}/s`,
  );

  for (const person of LATE_SPEAKERS) {
    await t.test(`${person}, silent until now, is heard from the first frame on`, async (t) => {
      room.microphone(person).say(sound.word);
      await room.pass(sound.word.length + 25);
      const heard = await eventually('the word has arrived', () => {
        const packets = room.received.filter(({ ssrc }) => ssrc === outSsrc(person));
        return packets.length >= sound.word.length ? packets : undefined;
      });
      await expectWhole(t, sound, heard);
    });
  }
});

/** The frames of the word, all of them and as loud as in the recording. */
async function expectWhole(t: Test, sound: RecordedSound, heard: RtpPacket[]): Promise<void> {
  const payloads = heard.map(({ payload }) => payload);
  const word = sound.word.flatMap((frame) => frame?.payload ?? []);
  t.same(payloads.slice(0, word.length), word, 'every frame as it was sent');
  const [begin] = heard as [RtpPacket];
  t.same(
    heard.slice(0, word.length).map(({ sequence, timestamp }) => ({ sequence, timestamp })),
    word.map((_, index) => ({
      sequence: (begin.sequence + index) & 0xffff,
      timestamp: (begin.timestamp + FRAME * index) >>> 0,
    })),
    'no hole in numbers and time',
  );
  const was = (await powersOf(sound.payloads))[sound.onset] ?? 0;
  const is = (await powersOf(payloads))[0] ?? 0;
  const dB = 10 * Math.log10(is / was);
  t.comment(`first 20 ms: ${decibels(is)} dBFS, in the recording ${decibels(was)} dBFS`);
  t.ok(was > 0.001, 'the recording has its tone there');
  t.ok(Math.abs(dB) < 1, `the first 20 ms are as loud as in the recording (${dB.toFixed(2)} dB)`);
}

const decibels = (power: number) => (10 * Math.log10(power)).toFixed(1);

interface Room {
  /** What the listener has got. */
  received: RtpPacket[];
  microphone(person: number): Microphone;
  /** So many times 20 ms, in which everybody sends. */
  pass(steps: number): Promise<void>;
}

/** Everybody in one room of an engine with sockets; people 1 to 20 send, the listener receives. */
async function openRoom(t: Test, sound: RecordedSound): Promise<Room> {
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const engine = createNativeEngine({ shards: 1, listen, clock: 'real' });
  t.teardown(() => engine.close());
  const port = engine.addresses[0]?.port ?? 0;
  const people = Array.from({ length: PEOPLE }, (_, index) => index + 1);
  const sockets = await Promise.all([LISTENER, ...people].map(() => openSocket(t)));
  const portOf = (person: number) => sockets[person]?.address().port ?? 0;
  const commands = [
    { ...roomCreate(handle(0)), loudest: LOUDEST, gateSilence: true } as Command,
    joinOf(LISTENER, port, portOf(LISTENER)),
    ...people.flatMap((person) => [
      joinOf(person, port, portOf(person)),
      ...publishOf(person, sound),
    ]),
  ];
  const statuses = await new EngineSession(engine).submit(commands);
  t.ok(
    statuses.every((status) => status === 'ok'),
    'everybody is there',
  );

  const received: RtpPacket[] = [];
  sockets[LISTENER]?.on('message', (packet) => {
    if (!isRtcp(packet)) received.push(readRtp(packet));
  });
  const microphones = people.map((person) => {
    const idle = SPEAKERS.includes(person) ? sound.speech : sound.silence;
    return new Microphone(sound, inSsrc(person), idle, 7 * person);
  });
  const step = () => {
    for (const [index, microphone] of microphones.entries()) {
      const packet = microphone.step();
      if (packet) sockets[index + 1]?.send(packet, port, '127.0.0.1');
    }
  };
  return {
    received,
    microphone: (person) => microphones[person - 1] as Microphone,
    pass: (steps) => everyStep(steps, step),
  };
}

function everyStep(steps: number, step: () => void): Promise<void> {
  return new Promise((resolve) => {
    let left = steps;
    const timer = setInterval(() => {
      step();
      if (--left > 0) return;
      clearInterval(timer);
      resolve();
    }, STEP_MS);
  });
}

function joinOf(person: number, localPort: number, remotePort: number): Command {
  return plainTransportCreate(handle(person), handle(0), { localPort, remotePort });
}

/** A publication of the person and the listener's reception of it. */
function publishOf(person: number, { payloadType, levelId }: RecordedSound): Command[] {
  const own = handle(person);
  const codecs = [{ ...OPUS, payloadType }];
  const encodings = [{ rid: '', ssrc: inSsrc(person), rtxSsrc: 0 }];
  const receive = [{ id: levelId, kind: 'audio_level' as const }];
  const slot = { ssrc: outSsrc(person), rtxSsrc: 0, codecs };
  return [
    { type: 'transportSetExtensions', transport: own, receive, send: [] },
    publicationCreate(own, own, { kind: 'audio', codecs, encodings }),
    outboundCreate(own, handle(LISTENER), { kind: 'audio', ...slot }),
    subscriptionCreate(own, own, own),
  ];
}

async function openSocket(t: Test): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  t.teardown(() => socket.close());
  await once(socket, 'listening');
  return socket;
}
