import type { Clock } from '../../clock.js';
import { isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import type { CreatingRequest, GivenAnswer, Idempotency } from '../../idempotency.js';
import { type Ids, isId } from '../../ids.js';
import { pageOf } from '../../plugins/page.js';
import type { Recorders } from '../../recorders/recorders.js';
import type { Listed, NewRender, Page, Render } from '../../schemas/http.js';
import type { Database } from '../../store/database.js';
import type { Objects } from '../../store/objects.js';
import { countSize } from './keeping-repository.js';
import { timeOf } from './present.js';
import type { RenderRecord } from './renders-repository.js';
import * as repository from './renders-repository.js';
import {
  deleteFile,
  filesOf,
  lockRecording,
  type RecordingKey,
  type RecordingRecord,
} from './repository.js';

export interface RendersContext {
  database: Database;
  idempotency: Idempotency;
  objects: Objects;
  recorders: Recorders;
  clock: Clock;
  ids: Ids;
  /** Something waits. */
  onQueued: () => void;
}

/** Compositions of a recording: any layout, whenever somebody wants it. */
export class RendersService {
  constructor(private readonly context: RendersContext) {}

  /** @throws ControlError `conflict` before it is ready, and while that layout is under way. */
  async create(
    { recordingId, status }: RecordingRecord,
    request: CreatingRequest & { payload: NewRender },
  ): Promise<GivenAnswer<Render>> {
    const { idempotency, ids, clock, onQueued } = this.context;
    const answer = await idempotency.run(request, async (tx) => {
      if (status !== 'ready') throw new ControlError('conflict', 'The recording is not ready.');
      const { layout } = request.payload;
      if (await repository.isUnderWay(tx, recordingId, layout)) {
        throw new ControlError('conflict', 'That layout is being made already.');
      }
      const renderId = ids.next();
      await repository.insertRenders(
        tx,
        [{ recordingId, renderId, layout }],
        new Date(clock.now()),
      );
      const render = await repository.findRender(tx, recordingId, renderId);
      return { status: 201, body: present(render as RenderRecord) };
    });
    onQueued();
    return answer;
  }

  /** @throws ControlError `bad_request` for a cursor of another making. */
  async list({ recordingId }: RecordingRecord, page: Page): Promise<Listed<Render>> {
    const place = pageOf.read(page);
    const rows = await repository.listRenders(this.context.database, recordingId, place);
    return pageOf.list(rows, place.limit, (row) => row.renderId, present);
  }

  /** Stops it; of one that is over, the file goes with it. @throws ControlError `not_found`. */
  async remove({ meetingId, recordingId }: RecordingRecord, renderId: string): Promise<void> {
    const { database, clock } = this.context;
    const render = isId(renderId)
      ? await repository.findRender(database, recordingId, renderId)
      : null;
    if (render === null) throw new ControlError('not_found', 'There is no such composition.');
    const at = new Date(clock.now());
    if (await repository.cancelRender(database, recordingId, renderId, at)) {
      // Who cannot be reached hears of it when it tells of the job.
      const recorder = render.recorderId && this.context.recorders.find(render.recorderId);
      if (recorder) await recorder.client.cancelRender({ renderId }).catch(() => {});
      return;
    }
    await this.forget({ meetingId, recordingId }, renderId);
  }

  private async forget(of: RecordingKey, renderId: string): Promise<void> {
    const { database, objects } = this.context;
    const { recordingId } = of;
    const key = await database.transaction(async (tx) => {
      await lockRecording(tx, of);
      const render = await repository.findRender(tx, recordingId, renderId);
      const files = await filesOf(tx, recordingId);
      const file = files.find(({ fileId }) => fileId === render?.fileId);
      await repository.deleteRender(tx, recordingId, renderId);
      if (file === undefined) return null;
      await deleteFile(tx, recordingId, file.fileId);
      await countSize(tx, of);
      return file.key;
    });
    // What a fault leaves here goes with the recording, all of whose folder goes.
    if (key !== null) await objects.delete(key);
  }
}

function present(render: RenderRecord): Render {
  return {
    render_id: render.renderId,
    recording_id: render.recordingId,
    layout: render.layout,
    state: render.state,
    progress: render.progress,
    attempts: render.attempts,
    file_id: render.fileId,
    created_at: isoTime(render.createdAt.getTime()),
    finished_at: timeOf(render.finishedAt),
  };
}
