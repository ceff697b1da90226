import type { Api, Meeting, MeetingChange, Versioned } from '../../../client/src/index.js';
import { type ClientCode, codeOf } from '../../../client/src/index.js';
import { Store } from './store.js';

export type RecordState =
  | { phase: 'loading' }
  | { phase: 'failed'; code: ClientCode }
  | { phase: 'ready'; meeting: Meeting };

/** One meeting as its host sees and changes it. */
export class MeetingRecord {
  readonly store = new Store<RecordState>({ phase: 'loading' });
  private etag = '';

  constructor(
    private readonly api: Api,
    readonly meetingId: string,
  ) {}

  async read(): Promise<void> {
    try {
      this.know(await this.api.read('GET /v1/meetings/{meeting_id}', { params: this.params }));
    } catch (error) {
      this.store.set({ phase: 'failed', code: codeOf(error) });
    }
  }

  /** Refused with `precondition_failed` when somebody else changed it: then that is shown. */
  async save(body: MeetingChange): Promise<void> {
    await this.guard(async (guarded) => {
      this.know(await this.api.read('PATCH /v1/meetings/{meeting_id}', { ...guarded, body }));
    });
  }

  /** Everybody is sent home. */
  async end(): Promise<void> {
    await this.api.call('POST /v1/meetings/{meeting_id}/end', { params: this.params });
    await this.read();
  }

  async remove(): Promise<void> {
    await this.guard((guarded) => this.api.call('DELETE /v1/meetings/{meeting_id}', guarded));
  }

  private get params() {
    return { meeting_id: this.meetingId };
  }

  private async guard(
    work: (guarded: { params: { meeting_id: string }; ifMatch: string }) => Promise<void>,
  ): Promise<void> {
    try {
      await work({ params: this.params, ifMatch: this.etag });
    } catch (error) {
      if (codeOf(error) === 'precondition_failed') await this.read();
      throw error;
    }
  }

  private know({ value, etag }: Versioned<Meeting>): void {
    this.etag = etag;
    this.store.set({ phase: 'ready', meeting: value });
  }
}
