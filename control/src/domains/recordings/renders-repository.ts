import type { RenderLayout } from '../../schemas/http.js';
import type { Queryable } from '../../store/database.js';

export interface RenderRecord {
  recordingId: string;
  renderId: string;
  layout: RenderLayout;
  state: 'queued' | 'running' | 'done' | 'failed' | 'canceled';
  progress: number;
  /** How often it was begun; what is said of an older one counts no more. */
  attempts: number;
  recorderId: string | null;
  fileId: string | null;
  createdAt: Date;
  finishedAt: Date | null;
}

const columns = `w.recording_id as "recordingId", w.render_id as "renderId", w.layout, w.state,
  w.progress, w.attempts, w.recorder_id as "recorderId", w.file_id as "fileId",
  w.created_at as "createdAt", w.finished_at as "finishedAt"`;

export async function insertRenders(
  tx: Queryable,
  renders: readonly { recordingId: string; renderId: string; layout: RenderLayout }[],
  at: Date,
): Promise<void> {
  await tx.query(
    `insert into recording_renders (recording_id, render_id, layout, created_at)
     select w.recording, w.render, w.layout, $4
     from unnest($1::uuid[], $2::uuid[], $3::text[]) as w (recording, render, layout)`,
    [
      renders.map(({ recordingId }) => recordingId),
      renders.map(({ renderId }) => renderId),
      renders.map(({ layout }) => layout),
      at,
    ],
  );
}

/** In the order of their ids: up to one more than `limit`. */
export function listRenders(
  from: Queryable,
  recordingId: string,
  { after, limit }: { after: string; limit: number },
): Promise<RenderRecord[]> {
  return from.query<RenderRecord>(
    `select ${columns} from recording_renders w where w.recording_id = $1 and w.render_id > $2
     order by w.render_id limit $3`,
    [recordingId, after, limit + 1],
  );
}

export async function findRender(
  from: Queryable,
  recordingId: string,
  renderId: string,
): Promise<RenderRecord | null> {
  const [row] = await from.query<RenderRecord>(
    `select ${columns} from recording_renders w where w.recording_id = $1 and w.render_id = $2`,
    [recordingId, renderId],
  );
  return row ?? null;
}

export function findRenders(
  from: Queryable,
  renderIds: readonly string[],
): Promise<RenderRecord[]> {
  return from.query<RenderRecord>(
    `select ${columns} from recording_renders w where w.render_id = any ($1)`,
    [renderIds],
  );
}

export async function deleteRender(
  tx: Queryable,
  recordingId: string,
  renderId: string,
): Promise<void> {
  await tx.query('delete from recording_renders where recording_id = $1 and render_id = $2', [
    recordingId,
    renderId,
  ]);
}

export interface ClaimWish {
  recorderId: string;
  /** Jobs that it takes at once. */
  slots: number;
  now: Date;
  /** After each try the next waits for so long, once for each. */
  retryMs: number;
}

/** The oldest ones that wait, as many as the recorder has room for. They run from now on. */
export function claimRenders(
  tx: Queryable,
  { recorderId, slots, now, retryMs }: ClaimWish,
): Promise<RenderRecord[]> {
  return tx.query<RenderRecord>(
    `update recording_renders w set state = 'running', recorder_id = $1, begun_at = $2,
       attempts = w.attempts + 1, progress = 0
     from (
       select recording_id, render_id from recording_renders
       where state = 'queued'
         and (begun_at is null or begun_at + attempts * $4 * interval '1 ms' <= $2)
       order by created_at
       limit greatest(0, $3 - (select count(*)::int from recording_renders
         where state = 'running' and recorder_id = $1))
       for update skip locked) next
     where w.recording_id = next.recording_id and w.render_id = next.render_id
     returning ${columns}`,
    [recorderId, now, slots, retryMs],
  );
}

export interface RenderTry {
  renderId: string;
  attempt: number;
}

/** False: it does not run, or it is another try that does. */
export async function writeProgress(
  from: Queryable,
  { renderId, attempt }: RenderTry,
  { progress, cpuSeconds }: { progress: number; cpuSeconds: number },
): Promise<boolean> {
  const rows = await from.query(
    `update recording_renders set progress = $3, cpu_seconds = $4
     where render_id = $1 and attempts = $2 and state = 'running' returning 1`,
    [renderId, attempt, progress, cpuSeconds],
  );
  return rows.length > 0;
}

/** Null: it does not run, or it is another try that does. */
export async function finishRender(
  tx: Queryable,
  { renderId, attempt }: RenderTry,
  end: { fileId: string; cpuSeconds: number; at: Date },
): Promise<RenderRecord | null> {
  const [row] = await tx.query<RenderRecord>(
    `update recording_renders w set state = 'done', progress = 1, file_id = $3, cpu_seconds = $4,
       finished_at = $5
     where w.render_id = $1 and w.attempts = $2 and w.state = 'running' returning ${columns}`,
    [renderId, attempt, end.fileId, end.cpuSeconds, end.at],
  );
  return row ?? null;
}

/** It waits for another try, or has failed when it had as many as it may. */
export async function giveBack(
  from: Queryable,
  { renderId, attempt }: RenderTry,
  { detail, maxAttempts, at }: { detail: string | null; maxAttempts: number; at: Date },
): Promise<void> {
  await from.query(
    `update recording_renders set recorder_id = null, progress = 0, detail = $3,
       state = case when attempts >= $4 then 'failed' else 'queued' end,
       finished_at = case when attempts >= $4 then $5::timestamptz end
     where render_id = $1 and attempts = $2 and state = 'running'`,
    [renderId, attempt, detail, maxAttempts, at],
  );
}

/** False: it waits or runs no more. */
export async function cancelRender(
  tx: Queryable,
  recordingId: string,
  renderId: string,
  at: Date,
): Promise<boolean> {
  const rows = await tx.query(
    `update recording_renders set state = 'canceled', finished_at = $3
     where recording_id = $1 and render_id = $2 and state in ('queued', 'running') returning 1`,
    [recordingId, renderId, at],
  );
  return rows.length > 0;
}

/** What runs, as it is written, and was begun before `before`. */
export function runningRenders(
  from: Queryable,
  before: Date,
): Promise<(RenderTry & { recorderId: string })[]> {
  return from.query(
    `select render_id as "renderId", attempts as attempt, recorder_id as "recorderId"
     from recording_renders where state = 'running' and begun_at < $1`,
    [before],
  );
}

/** Does this layout of it wait, or run? */
export async function isUnderWay(
  from: Queryable,
  recordingId: string,
  layout: RenderLayout,
): Promise<boolean> {
  const rows = await from.query(
    `select 1 from recording_renders
     where recording_id = $1 and layout = $2 and state in ('queued', 'running') limit 1`,
    [recordingId, layout],
  );
  return rows.length > 0;
}
