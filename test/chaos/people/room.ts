/** A meeting with people in it, who all hear each other. */
import { eventually } from '../../e2e/support/plenum.js';
import type { Fleet } from '../fleet/fleet.js';
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
  meetingId = '';
  private link = '';

  /** All join at once. */
  static async open(fleet: Fleet, wish: RoomWish): Promise<Room> {
    const room = new Room();
    const { meeting, participant_link: link } = await fleet.admin.newMeeting();
    room.meetingId = meeting.meeting_id;
    room.link = link;
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
    return new Person({ ...silent, index: people, link: this.link, ...way });
  }

  /**
   * Somebody comes by that control process, without media, and goes.
   * @returns how long it took to be in, ms.
   */
  async visit(origin: string): Promise<number> {
    const visitor = this.newcomer({ origin });
    const startedAt = performance.now();
    await visitor.join().catch(async (error) => {
      await visitor.leave();
      throw error;
    });
    const tookMs = performance.now() - startedAt;
    await visitor.leave();
    return tookMs;
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
    const fresh = this.heardBy(report).filter(({ lastUs }) => report.atUs - lastUs < 250_000);
    return fresh.length === this.speakers.length * (this.size - 1);
  }

  async leave(): Promise<void> {
    await Promise.all(this.people.map((person) => person.leave()));
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
