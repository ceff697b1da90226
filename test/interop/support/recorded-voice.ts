/** People whose microphones play a recording of Chromium's: half a second of tone, two of silence. */
import { join } from 'node:path';
import { isRtcp, readRtp, writeRtp } from '../../../lib/testing/rtp.js';
import { repository } from '../../e2e/support/plenum.js';
import { readRecording } from '../../replay/recording.js';
import { FRAME } from './opus-decoder.js';

/** A frame of the recording; undefined: nothing is sent in these 20 ms. */
export type Frame = { payload: Buffer; level: Buffer } | undefined;

export interface RecordedSound {
  payloadType: number;
  levelId: number;
  /** All payloads from the beginning of the recording on, and which of them the tone begins with. */
  payloads: Buffer[];
  onset: number;
  /** The tone, from its first frame to its last. */
  word: Frame[];
  /** The midst of the tone, which may follow itself. */
  speech: Frame[];
  /** As it goes on in silence, which may follow itself: a frame of noise, a packet of one byte, a gap. */
  silence: Frame[];
}

/** The second tone of the recording begins with this packet, and the third 125 frames later. */
const ONSET = 5479;
const CYCLE = 125;
/** −dBov of the header extension (RFC 6464); in silence it is 127. */
const QUIETEST_TONE = 20;

export function readSound(): RecordedSound {
  const captures = join(repository, 'test', 'fixtures', 'captures');
  const recording = readRecording(join(captures, 'chromium_opus_dtx.rtpdump'));
  const levelId = recording.extensions.find(({ kind }) => kind === 'audio_level')?.id ?? 0;
  const packets = recording.packets
    .filter(({ bytes }) => !isRtcp(bytes))
    .map(({ bytes }) => readRtp(bytes))
    .filter(({ payload }) => payload.length > 0);
  const onset = packets.findIndex(({ sequence }) => sequence === ONSET);
  const begin = packets[onset]?.timestamp ?? 0;
  const cycle: Frame[] = Array(CYCLE).fill(undefined);
  for (const { timestamp, payload, extensions } of packets.slice(onset)) {
    const place = (timestamp - begin) / FRAME;
    const level = extensions.get(levelId);
    if (place < CYCLE && level) cycle[place] = { payload, level };
  }
  const sounds = (frame: Frame) => ((frame?.level[0] ?? 127) & 127) <= QUIETEST_TONE;
  const word = cycle.slice(
    0,
    cycle.findIndex((frame) => !sounds(frame)),
  );
  const silence = cycle.slice(56, 116);
  const { payloadType } = recording;
  const payloads = packets.map(({ payload }) => payload);
  return { ...{ payloadType, levelId, payloads, onset }, word, speech: word.slice(2, -2), silence };
}

export class Microphone {
  #sequence = 65_500;
  #timestamp = 4_294_900_000;
  #frames: Frame[] = [];

  /** Plays `idle` over and over. */
  constructor(
    private readonly sound: RecordedSound,
    private readonly ssrc: number,
    private readonly idle: readonly Frame[],
    private place = 0,
  ) {}

  /** Before it goes on as ever. */
  say(frames: readonly Frame[]): void {
    this.#frames = [...frames];
    this.place = 0;
  }

  /** 20 ms pass. @returns what is sent in them. */
  step(): Buffer | undefined {
    this.#timestamp += FRAME;
    const frame =
      this.#frames.length > 0 ? this.#frames.shift() : this.idle[this.place++ % this.idle.length];
    if (!frame) return undefined;
    const { payloadType, levelId } = this.sound;
    return writeRtp({
      ...{ payloadType, ssrc: this.ssrc, marker: false, payload: frame.payload },
      sequence: this.#sequence++,
      timestamp: this.#timestamp,
      extensions: new Map([[levelId, frame.level]]),
    });
  }
}
