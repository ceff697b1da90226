/** A meeting with people in it, who all hear each other. */
import { eventually } from '../../e2e/support/plenum.js';
import type { FaultContext } from '../fault.js';
import { type CrowdProcess, type CrowdReport, type Heard, speakerOf } from './crowd-process.js';
import { Person, type PersonOptions } from './person.js';

/** A node forwards the three loudest. */
const voices = 3;
/**
 * The fourth shows a picture; who comes behind speaks softly, and is not heard: more pictures at once ask
 * for feedback about the link, which these people do not give.
 */
const heardAtOnce = voices + 1;

export interface RoomWish {
  people: number;
  /** Without: sockets alone. */
  crowd: CrowdProcess | null;
  /** Added to what each person is told. */
  each?: (n: number) => Partial<PersonOptions>;
  keepsFormer?: boolean;
}

let people = 0;

export class Room {
  readonly people: Person[] = [];
  /** Who came later, and has not gone. */
  private readonly newcomers = new Set<Person>();

  private constructor(
    readonly meetingId: string,
    private readonly link: string,
  ) {}

  /** All join at once; they leave, and the meeting ends, when the fault is over. */
  static async open(
    { fleet, teardown }: Pick<FaultContext, 'fleet' | 'teardown'>,
    wish: RoomWish,
  ): Promise<Room> {
    const { meeting, participant_link: link } = await fleet.admin.newMeeting();
    const room = new Room(meeting.meeting_id, link);
    teardown(() => fleet.admin.endMeeting(room.meetingId));
    teardown(() => room.leave());
    for (let n = 0; n < wish.people; n += 1) {
      people += 1;
      const options = {
        ...{ crowd: wish.crowd, index: people, link, origin: fleet.origin() },
        ...{ isPicture: n === voices, isLoud: n < voices },
      };
      room.people.push(new Person({ ...options, ...wish.each?.(n) }));
    }
    for (const person of room.people) person.keepsFormer = wish.keepsFormer ?? false;
    await Promise.all(room.people.map((person) => person.join()));
    return room;
  }

  /** Somebody without media, who is not there yet. */
  newcomer(way: Pick<PersonOptions, 'origin' | 'reroute'>): Person {
    people += 1;
    const silent = { crowd: null, isPicture: false, isLoud: false };
    const newcomer = new Person({ ...silent, index: people, link: this.link, ...way });
    this.newcomers.add(newcomer);
    return newcomer;
  }

  /**
   * Somebody comes by that control process, without media, and goes.
   * @returns how long it took to be in, ms.
   */
  async visit(origin: string): Promise<number> {
    const visitor = this.newcomer({ origin });
    const startedAt = performance.now();
    try {
      await visitor.join();
      return performance.now() - startedAt;
    } finally {
      await visitor.leave();
      this.newcomers.delete(visitor);
    }
  }

  get size(): number {
    return this.people.length;
  }

  /** The streams that these people should hear of each other. */
  heardBy({ heard }: CrowdReport): Heard[] {
    const listeners = new Set(this.people.map(({ index }) => index));
    const speakers = new Set(this.speakers.map(({ index }) => index));
    return heard.filter(({ person, stream }) => {
      const speaker = speakerOf(stream);
      return speaker !== person && listeners.has(person) && speakers.has(speaker);
    });
  }

  /** Those who are heard. */
  get speakers(): readonly Person[] {
    return this.people.slice(0, heardAtOnce);
  }

  /** Everybody hears everybody: something of each within the last 250 ms. */
  isHeard(report: CrowdReport): boolean {
    return this.are(report, ({ lastUs }) => report.atUs - lastUs < 250_000);
  }

  /** Everybody heard everybody when measuring began. */
  wasHeard(report: CrowdReport): boolean {
    return this.are(report, ({ wasFlowing }) => wasFlowing === 1);
  }

  async leave(): Promise<void> {
    await Promise.all([...this.people, ...this.newcomers].map((person) => person.leave()));
  }

  /** All streams that these people should hear. */
  private are(report: CrowdReport, isIt: (one: Heard) => boolean): boolean {
    const those = this.heardBy(report).filter(isIt);
    return those.length === this.speakers.length * (this.size - 1);
  }
}

/** Waits until everybody of these rooms hears everybody. */
export async function allHear(
  crowd: CrowdProcess,
  rooms: readonly Room[],
  limitMs?: number,
): Promise<CrowdReport> {
  const probe = async () => {
    const report = await crowd.heard();
    return rooms.every((room) => room.isHeard(report)) ? report : undefined;
  };
  return eventually('everybody hears everybody', probe, limitMs).catch(async (error) => {
    throw new Error(`${error.message}\n${whoIsNotHeard(await crowd.heard(), rooms)}`);
  });
}

function whoIsNotHeard(report: CrowdReport, rooms: readonly Room[]): string {
  const lines: string[] = [];
  for (const room of rooms) {
    const heard = room.heardBy(report);
    for (const { index: to, state, mishaps, epoch } of room.people) {
      for (const { index: from } of room.speakers) {
        if (from === to) continue;
        const one = heard.find(({ person, stream }) => person === to && speakerOf(stream) === from);
        const agoMs = one && Math.round((report.atUs - one.lastUs) / 1000);
        if (agoMs === undefined || agoMs > 250) {
          const said = mishaps.map(({ what }) => what).join('; ');
          lines.push(`${to} (${state}, epoch ${epoch}) hears ${from}: ${agoMs} ms ago ${said}`);
        }
      }
    }
  }
  return lines.slice(0, 20).join('\n');
}
