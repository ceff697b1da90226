/**
 * Row 5: meetings of twelve as people hold them, as many as fill half a core. Everybody sends sound
 * and three encodings of a picture, sees one in large and ten in small, and hears the three loudest;
 * congestion control, pacer, NACK and transport-wide feedback are on in both directions.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { difference, type Forwarded, sumOf, whyVoid } from './measure.js';
import type { NodeAnswer } from './node-protocol.js';
import type { ForwardOptions } from './options.js';
import { type Profile, profile } from './profile.js';
import {
  type LoadPeer,
  LoadProgram,
  type LoadReading,
  NodeProgram,
  type SourceRequest,
} from './programs.js';
import {
  LEVEL_ID,
  type MediaLine,
  MID_ID,
  placeOf,
  RID_ID,
  TRANSPORT_CC_ID,
  writeOffer,
} from './sdp.js';
import type { Place } from './world.js';

export const PARTICIPANTS = 12;

/** The layers of the capacity planner: 1.8, 0.5 and 0.15 Mbit/s. */
const ENCODINGS = [
  { rid: 'l', height: 180, framesPerS: 15, framePackets: 2, packetBytes: 640 },
  { rid: 'm', height: 360, framesPerS: 30, framePackets: 2, packetBytes: 1060 },
  { rid: 'h', height: 720, framesPerS: 30, framePackets: 7, packetBytes: 1090 },
] as const;
const AUDIO = { framesPerS: 50, framePackets: 1, packetBytes: 120 };
const LOUDEST = 3;
const LOUD = 20;
const QUIET = 100;
/** Until congestion control has found that everything fits. */
const WARM_UP_MS = 20_000;

export interface MeetingsResult {
  meetings: number;
  seconds: number;
  forwarded: Forwarded;
  load: LoadReading;
  void: string | null;
  /** Of the node's process, for each participant. */
  rssPerParticipantBytes: number;
  /** Taken after the figures; null: not asked for, or not allowed. */
  profile: Profile | null;
}

/** `meetings` 0: so many that the media threads are half busy. */
export async function runMeetings(
  options: ForwardOptions,
  place: Place,
  meetings: number,
): Promise<MeetingsResult> {
  if (meetings > 0) return measureMeetings(options, place, meetings);
  let result = await measureMeetings(options, place, 2);
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const busy = result.forwarded.cpuUs / result.forwarded.spanUs / options.shards;
    if (busy > 0.45 && busy < 0.55) break;
    const next = Math.max(1, Math.round((result.meetings * 0.5) / busy));
    console.log(`${result.meetings} meetings: ${busy.toFixed(2)} of a core; next: ${next}`);
    if (next === result.meetings) break;
    result = await measureMeetings(options, place, next);
  }
  return result;
}

async function measureMeetings(
  options: ForwardOptions,
  where: Place,
  meetings: number,
): Promise<MeetingsResult> {
  const world = new Meetings(options, where, meetings);
  try {
    await world.open();
    await pause(WARM_UP_MS);
    const [first] = await Promise.all([world.node.read(), world.load.mark()]);
    await pause(options.seconds * 1000);
    const [last, load] = await Promise.all([world.node.read(), world.load.mark()]);
    return {
      ...{ meetings, load, seconds: options.seconds },
      forwarded: difference(sumOf(first), sumOf(last)),
      void: whyVoid(load),
      rssPerParticipantBytes: world.rssPerParticipant,
      profile: options.perf === 'on' ? await profile(world.node.pid, options.seconds) : null,
    };
  } finally {
    await world.close();
  }
}

interface Person {
  room: number;
  index: number;
  up: LoadPeer;
  down: LoadPeer;
}

class Meetings {
  readonly load: LoadProgram;
  readonly node: NodeProgram;
  rssPerParticipant = 0;
  readonly #people: Person[] = [];

  constructor(
    readonly options: ForwardOptions,
    readonly where: Place,
    readonly meetings: number,
  ) {
    this.load = new LoadProgram(where.place);
    this.node = new NodeProgram(where.place);
  }

  async open(): Promise<void> {
    const { options, meetings, where } = this;
    await this.node.setUp(options, {
      ...{ address: where.server, rooms: meetings },
      ...{ pacing: 'gcc', loudest: LOUDEST },
    });
    const count = meetings * PARTICIPANTS;
    const ups = await this.load.addPeers(count, where.load, false, options);
    const downs = await this.load.addPeers(count, where.load, true, options);
    ups.forEach((up, at) => {
      const [room, index] = [Math.floor(at / PARTICIPANTS), at % PARTICIPANTS];
      this.#people.push({ room, index, up, down: downs[at] as LoadPeer });
    });
    const before = (await this.node.read()).rssBytes;
    await this.#join('up');
    await this.#join('down');
    await this.node.view();
    await this.load.ask({
      ...{ do: 'start', target: 'server', address: where.load, port: 0 },
      sources: this.#people.flatMap(sourcesOf),
    });
    this.rssPerParticipant = ((await this.node.read()).rssBytes - before) / count;
  }

  async close(): Promise<void> {
    await Promise.all([this.load.close(), this.node.close()]);
  }

  async #join(way: 'up' | 'down'): Promise<void> {
    const answers = await this.node.join(
      this.#people.map((person) => ({
        ...{ room: person.room, id: `person-${person.index}`, publishes: way === 'up' },
        sdp: writeOffer(person[way], way === 'up' ? sent(person) : received(), {
          transportCc: true,
        }),
      })),
    );
    await this.load.connect(
      this.#people.map((person, at) => ({
        peer: person[way].peer,
        ...placeOf(answers[at] as NodeAnswer),
      })),
    );
  }
}

function ssrcOf({ up }: Person, stream: number): number {
  return 1000 + 4 * up.peer + stream;
}

function sent(person: Person): MediaLine[] {
  return [
    { kind: 'audio', mid: '0', ssrc: ssrcOf(person, 3) },
    { kind: 'video', mid: '1', rids: ENCODINGS.map(({ rid }) => rid) },
  ];
}

/** A slot for each track of each other. */
function received(): MediaLine[] {
  return Array.from({ length: 2 * (PARTICIPANTS - 1) }, (_, at) => ({
    kind: at % 2 === 0 ? 'audio' : 'video',
    mid: `${at}`,
  }));
}

function sourcesOf(person: Person): SourceRequest[] {
  const common = {
    ...{ peer: person.up.peer, midId: MID_ID, transportCcId: TRANSPORT_CC_ID },
  };
  const level = person.index < LOUDEST ? LOUD : QUIET;
  return [
    {
      ...{ ...common, ...AUDIO, ssrc: ssrcOf(person, 3), video: 0, height: 0 },
      ...{ mid: '0', ridId: 0, rid: '-', levelId: LEVEL_ID, level },
    },
    ...ENCODINGS.map(
      (encoding, stream): SourceRequest => ({
        ...{ ...common, ...encoding, ssrc: ssrcOf(person, stream), video: 1 },
        ...{ mid: '1', ridId: RID_ID, levelId: 0, level: 127 },
      }),
    ),
  ];
}
