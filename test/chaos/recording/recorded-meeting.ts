/** A meeting of people with real media that is recorded while something fails, by what they are shown and hosts ask for. */
import { readFile } from 'node:fs/promises';
import { filmSmall } from '../../../bench/recorder/media.js';
import { type Attendee, Meeting } from '../../../bench/recorder/meeting.js';
import { Recorded } from '../../../bench/recorder/recorded.js';
import { Recordings } from '../../../bench/recorder/recordings.js';
import type { Recording } from '../../../control/src/schemas/http/recordings.js';
import type { GapReason, ManifestLine } from '../../../recorder/src/index.js';
import { eventually } from '../../e2e/support/plenum.js';
import type { FaultContext } from '../fault.js';
import type { FleetNode } from '../fleet/fleet.js';
import type { Person } from '../people/person.js';
import { openAt } from '../steps.js';

export interface RecordedWish {
  people: number;
  /** Where its media is; default: anywhere. */
  at?: FleetNode;
  look?: typeof filmSmall;
}

/** A moment of the test's clock that the manifest has, too. */
export interface Mark {
  body: string;
  atMs: number;
}

interface Shown {
  /** Of the test's clock, ms. */
  since?: number;
  reason?: string;
  limitMs?: number;
}

/** Tracks of a person. */
const trackCount = 2;

export class RecordedMeeting {
  id = '';
  /** When it was shown to be recorded; when it was told to stop. */
  beganMs = 0;
  stoppedMs = 0;
  private marks = 0;
  private readonly recordings: Recordings;

  private constructor(
    private readonly context: FaultContext,
    private readonly meeting: Meeting,
  ) {
    this.recordings = new Recordings(context.fleet.admin);
  }

  /** Everybody is in, and it is recorded: each track has a file. */
  static async open(context: FaultContext, wish: RecordedWish): Promise<RecordedMeeting> {
    const { fleet, crowd } = context;
    const { at, ...rest } = wish;
    const venue = { admin: fleet.admin, origin: fleet.origin() };
    const meeting = await openAt(context, at, () =>
      Meeting.open(venue, crowd, { look: filmSmall, ...rest }),
    );
    context.teardown(() => meeting.end());
    const recorded = new RecordedMeeting(context, meeting);
    recorded.id = await recorded.recordings.start(meeting.id);
    recorded.beganMs = await recorded.shown('recording');
    await recorded.hasFiles(1);
    await crowd.moment();
    return recorded;
  }

  get meetingId(): string {
    return this.meeting.id;
  }

  get attendees(): readonly Attendee[] {
    return this.meeting.attendees;
  }

  get people(): Person[] {
    return this.meeting.attendees.map(({ person }) => person);
  }

  /** Resolves with when the last of them was shown that, after a moment, ms. */
  shown(state: string, { since = 0, reason, limitMs }: Shown = {}): Promise<number> {
    const what = `${state} is shown (${reason ?? 'no reason'})`;
    const probe = () => {
      const told = this.people.map(({ wire }) =>
        wire.recordings.find(
          (one) => one.atMs > since && one.state === state && one.reason === reason,
        ),
      );
      const moments = told.map((one) => one?.atMs ?? Number.NaN);
      return moments.every((ms) => !Number.isNaN(ms)) ? Math.max(...moments) : undefined;
    };
    return eventually(what, probe, limitMs);
  }

  /** Of each track so many files have begun at the recorder, under this take. */
  async hasFiles(each: number): Promise<void> {
    const wanted = each * trackCount * this.people.length;
    await eventually(`${each} files of each track`, async () => {
      const begun = (await this.lines()).filter(({ type }) => type === 'file');
      return begun.length >= wanted || undefined;
    });
  }

  /** Of each track something is missing for that reason, and it flows again. */
  async hasGaps(reason: GapReason): Promise<void> {
    await eventually(`a gap of each track by ${reason}`, async () => {
      const found = (await this.lines()).flatMap((line) =>
        line.type === 'gap' && line.reason === reason ? [line.track_id] : [],
      );
      return new Set(found).size === trackCount * this.people.length || undefined;
    }).catch(async (error: Error) => {
      const gaps = (await this.lines()).filter(({ type }) => type === 'gap');
      throw new Error(`${error.message}: ${JSON.stringify(gaps.slice(-8))}`);
    });
  }

  /** A word of a host's, of which the manifest has the recorded time. */
  async mark(): Promise<Mark> {
    const [person] = this.people as [Person];
    this.marks += 1;
    const body = `mark ${this.marks}`;
    const atMs = performance.now();
    await person.command('chat.send', { body });
    await eventually(`${body} is in the manifest`, async () =>
      (await this.lines()).some((line) => line.type === 'chat' && line.body === body)
        ? true
        : undefined,
    );
    return { body, atMs };
  }

  status(): Promise<Recording> {
    return this.recordings.get(this.id);
  }

  async stop(): Promise<void> {
    this.stoppedMs = performance.now();
    await this.recordings.stop(this.id);
  }

  /** What was recorded, once it is stored. */
  async stored(): Promise<Recorded> {
    const recorded = await Recorded.fetch(
      this.recordings,
      await this.recordings.untilReady(this.id),
    );
    this.context.teardown(() => recorded.forget());
    return recorded;
  }

  async end(): Promise<Recorded> {
    await this.stop();
    return this.stored();
  }

  /** As the recorder has them on its disk, the first take. */
  private async lines(): Promise<ManifestLine[]> {
    const text = await readFile(this.context.fleet.recorder.manifestOf(this.id), 'utf8').catch(
      () => '',
    );
    // The last one may be under way.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as ManifestLine);
  }
}
