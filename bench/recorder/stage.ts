/** What a row runs on: a product and a crowd of its own, which end with it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Recording } from '../../control/src/schemas/http/recordings.js';
import { CrowdProcess } from '../../test/chaos/people/crowd-process.js';
import { Meeting, type MeetingWish } from './meeting.js';
import { Product, type ProductOptions } from './product.js';
import { Recorded } from './recorded.js';
import { Recordings } from './recordings.js';
import { whyVoid } from './row.js';

export class Stage {
  readonly crowd = new CrowdProcess();
  readonly recordings: Recordings;
  readonly meetings: Meeting[] = [];
  private readonly fetched: Recorded[] = [];

  private constructor(readonly product: Product) {
    this.recordings = new Recordings(product.admin);
  }

  /** What the processes said last is told with an error. */
  static async on<T>(options: ProductOptions, act: (stage: Stage) => Promise<T>): Promise<T> {
    const stage = new Stage(await Product.start(options));
    try {
      const done = await act(stage);
      const ends = stage.product.takeUnexpectedEnds();
      if (ends.length > 0) throw new Error(`ended by themselves: ${ends}`);
      return done;
    } catch (error) {
      console.error(stage.product.lastWords);
      throw error;
    } finally {
      await stage.end();
    }
  }

  async meet(wish: MeetingWish): Promise<Meeting> {
    const meeting = await Meeting.open(this.product, this.crowd, wish);
    this.meetings.push(meeting);
    return meeting;
  }

  /** Records a meeting for so long; resolves when it has been told to stop. */
  async record({ id }: Meeting, seconds: number): Promise<string> {
    const recordingId = await this.recordings.start(id);
    await this.crowd.moment();
    await pause(seconds * 1000);
    await this.recordings.stop(recordingId);
    return recordingId;
  }

  async fetch(recording: Recording): Promise<Recorded> {
    const recorded = await Recorded.fetch(this.recordings, recording);
    this.fetched.push(recorded);
    return recorded;
  }

  /** Since media was sent to be measured. */
  async whyVoid(): Promise<string[]> {
    const mishaps = this.meetings.flatMap((meeting) => meeting.mishaps);
    return [...whyVoid(await this.crowd.measured(), await this.crowd.played()), ...mishaps];
  }

  private async end(): Promise<void> {
    for (const recorded of this.fetched) await recorded.forget();
    await Promise.allSettled(this.meetings.map((meeting) => meeting.end()));
    await this.crowd.end();
    await this.product.stop();
  }
}
