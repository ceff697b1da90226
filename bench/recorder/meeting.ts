/** A meeting that is recorded: people with a camera and a microphone each, who receive nothing. */

import type { Admin } from '../../test/chaos/fleet/admin.js';
import {
  type CrowdProcess,
  type PersonClock,
  type Played,
  streamOf,
} from '../../test/chaos/people/crowd-process.js';
import { Person } from '../../test/chaos/people/person.js';
import { eventually } from '../../test/e2e/support/plenum.js';
import { type Film, makeFilm } from './media.js';
import type { TrueClock } from './offsets.js';

/** Where it takes place. */
export interface Venue {
  admin: Admin;
  origin: string;
}

export interface MeetingWish {
  people: number;
  look: { width: number; height: number; bitrateBps: number };
  /** Films, one person after the other; default: each person has one of his own. */
  films?: number;
  clock?: (n: number) => PersonClock;
}

export interface Attendee {
  person: Person;
  film: Film;
}

/** Of a run: streams of the crowd are known by it. Lower ones are of those who send patterns. */
let people = 100_000;

export class Meeting {
  readonly attendees: Attendee[] = [];

  private constructor(
    readonly id: string,
    private readonly crowd: CrowdProcess,
    private readonly venue: Venue,
  ) {}

  /** Everybody is there, and is sent to the node. */
  static async open(venue: Venue, crowd: CrowdProcess, wish: MeetingWish): Promise<Meeting> {
    const { meeting, participant_link: link } = await venue.admin.newMeeting();
    const opened = new Meeting(meeting.meeting_id, crowd, venue);
    for (let n = 0; n < wish.people; n += 1) {
      const film = await makeFilm({ person: n % (wish.films ?? wish.people), ...wish.look });
      people += 1;
      const person = new Person({
        ...{ crowd, index: people, link, origin: venue.origin, isDeaf: true },
        ...{ isPicture: false, isLoud: true },
        plays: { audio: { files: [film.audio] }, video: { files: film.video } },
        clock: wish.clock?.(n) ?? {},
      });
      opened.attendees.push({ person, film });
      await person.join();
    }
    await eventually('all are sent', () => opened.areSent(), 60_000);
    return opened;
  }

  /** What became of somebody's streams at the crowd: sound, picture. */
  async played({ person }: Attendee): Promise<[Played, Played]> {
    const all = await this.crowd.played();
    const of = (isPicture: boolean) => {
      const found = all.find(({ stream }) => stream === streamOf(person.index, isPicture));
      if (found === undefined) throw new Error(`person ${person.index} does not play`);
      return found;
    };
    return [of(false), of(true)];
  }

  async clockOf(attendee: Attendee): Promise<TrueClock> {
    const [{ beganUs, mediaPpm }] = await this.played(attendee);
    return { beganMs: beganUs / 1000, mediaPpm };
  }

  /** What should never happen to them. */
  get mishaps(): string[] {
    return this.attendees.flatMap(({ person }) =>
      person.mishaps.map(({ what }) => `person ${person.index}: ${what}`),
    );
  }

  async end(): Promise<void> {
    await Promise.all(this.attendees.map(({ person }) => person.leave()));
    await this.venue.admin.endMeeting(this.id);
  }

  private async areSent(): Promise<true | undefined> {
    const all = await this.crowd.played();
    const isSent = (stream: number) =>
      all.some((played) => played.stream === stream && played.frames > 0);
    const indices = this.attendees.map(({ person }) => person.index);
    const streams = indices.flatMap((index) => [streamOf(index, false), streamOf(index, true)]);
    return streams.every(isSent) ? true : undefined;
  }
}
