import type { Database, Queryable } from './database.js';
import { lockPatience, unlessInUse } from './patience.js';

/**
 * How long what people left is kept, in days; null: until it is deleted. What lies by day goes with the
 * whole day where all of it is too old, else row by row, so many in a transaction that nobody waits.
 */
export interface Retention {
  /** After they have ended. They go by themselves (domains/recordings/remover.ts), as their files do. */
  recordingsDays: number | null;
  /** Meetings that were ended or deleted, with all that belongs to them. */
  endedMeetingsDays: number | null;
  /** Who was where, and under which name: after they left. */
  participantsDays: number | null;
  messagesDays: number | null;
  eventsDays: number;
  webhookDeliveriesDays: number;
}

export const defaultRetention: Retention = {
  recordingsDays: null,
  endedMeetingsDays: null,
  participantsDays: null,
  messagesDays: null,
  eventsDays: 7,
  webhookDeliveriesDays: 7,
};

const dayMs = 86_400_000;
/** Rows to a transaction. More of them hold locks for longer, fewer take longer in all. */
const batchSize = 1000;
const meetingsBatch = 200;
/** To a turn: the rest waits for the next hour. */
const maxBatches = 1000;

type ByDay = 'meetings' | 'participants' | 'messages' | 'events';

/** Forgets what is older than `retention` says. */
export async function forgetOld(
  database: Database,
  now: number,
  retention: Retention,
): Promise<void> {
  const { endedMeetingsDays, participantsDays, messagesDays, eventsDays } = retention;
  if (endedMeetingsDays !== null) {
    await forgetMeetings(database, new Date(now - endedMeetingsDays * dayMs));
  }
  if (participantsDays !== null) {
    await forgetParticipants(database, new Date(now - participantsDays * dayMs));
  }
  if (messagesDays !== null) {
    await forgetDays(database, 'messages', new Date(now - messagesDays * dayMs));
  }
  await forgetDays(database, 'events', new Date(now - eventsDays * dayMs));
}

/** Drops the days of which every row is older, and what lay in no day's partition. */
async function forgetDays(database: Database, table: ByDay, before: Date): Promise<void> {
  for (const name of await partitionsBefore(database, table, before)) {
    // Not row by row: in an hour the whole day may go.
    if (!(await drop(database, name))) return;
  }
  const id = table === 'events' ? 'event_id' : 'message_id';
  const key = `day, meeting_id, ${id}`;
  await inBatches(database, async (tx) => {
    const gone = await tx.query(
      `delete from ${table} where (${key}) in (select ${key} from ${table} where day < $1 limit $2)
       returning 1`,
      [dayOf(before), batchSize],
    );
    return gone.length === batchSize;
  });
}

/** Nobody of whom the room still holds a seat: a meeting may last longer than names are kept. */
const isGone = `coalesce(p.left_at, r.closed_at, p.created_at) < $1
  and (p.left_at is not null or r.closed_at is not null or r.room_id is null)`;
const withRoom = 'left join rooms r on r.meeting_id = p.meeting_id and r.room_id = p.room_id';

async function forgetParticipants(database: Database, before: Date): Promise<void> {
  for (const name of await partitionsBefore(database, 'participants', before)) {
    const [left] = await database.query(
      `select 1 from ${name} p ${withRoom} where not (${isGone}) limit 1`,
      [before],
    );
    if (left === undefined && !(await drop(database, name))) return;
  }
  const key = 'day, meeting_id, participant_id';
  await inBatches(database, async (tx) => {
    const gone = await tx.query(
      `delete from participants where (${key}) in (
         select p.day, p.meeting_id, p.participant_id from participants p ${withRoom}
         where p.day <= $2 and ${isGone} limit $3)
       returning 1`,
      [before, dayOf(before), batchSize],
    );
    return gone.length === batchSize;
  });
}

interface EndedMeeting {
  day: string;
  meeting_id: string;
  code: string;
}

/** With everything of theirs. A persistent meeting ends by being deleted only. */
async function forgetMeetings(database: Database, before: Date): Promise<void> {
  await inBatches(database, async (tx) => {
    const ended = await tx.query<EndedMeeting>(
      `select day::text, meeting_id, substr(meeting_url, 4) as code from meetings
       where coalesce(deleted_at, ended_at) < $1 and day <= $2
         and not exists (select 1 from rooms r
           where r.meeting_id = meetings.meeting_id and r.closed_at is null)
       order by day, meeting_id limit $3 for update skip locked`,
      [before, dayOf(before), meetingsBatch],
    );
    if (ended.length > 0) await forgetAllOf(tx, ended, before);
    return ended.length === meetingsBatch;
  });
  for (const name of await partitionsBefore(database, 'meetings', before)) {
    const [left] = await database.query(`select 1 from ${name} limit 1`);
    if (left === undefined && !(await drop(database, name))) return;
  }
}

/** Nothing of theirs is of a day before the first of them was made, or after `before`. */
async function forgetAllOf(
  tx: Queryable,
  ended: readonly EndedMeeting[],
  before: Date,
): Promise<void> {
  const meetingIds = ended.map((one) => one.meeting_id);
  for (const table of ['messages', 'participants', 'events']) {
    await tx.query(
      `delete from ${table} where meeting_id = any($1) and day between $2 and $3::date + 1`,
      [meetingIds, ended[0]?.day, dayOf(before)],
    );
  }
  await forgetRecordingsOf(tx, meetingIds, before);
  for (const table of ['invites', 'rooms', 'blocks', 'ingest_keys']) {
    await tx.query(`delete from ${table} where meeting_id = any($1)`, [meetingIds]);
  }
  await tx.query('delete from meeting_codes where code = any($1)', [ended.map(({ code }) => code)]);
  await tx.query(
    `delete from meetings m using unnest($1::date[], $2::uuid[]) as w(day, meeting_id)
     where m.day = w.day and m.meeting_id = w.meeting_id`,
    [ended.map(({ day }) => day), meetingIds],
  );
}

/** Who was asked is forgotten with the meeting; the rest goes when their files are gone. */
async function forgetRecordingsOf(
  tx: Queryable,
  meetingIds: readonly string[],
  at: Date,
): Promise<void> {
  const recordings = await tx.query<{ recording_id: string }>(
    'select recording_id from recordings where meeting_id = any($1)',
    [meetingIds],
  );
  await tx.query('delete from recording_consents where recording_id = any($1)', [
    recordings.map(({ recording_id }) => recording_id),
  ]);
  await tx.query('delete from recordings where meeting_id = any($1) and removed_at is not null', [
    meetingIds,
  ]);
  await tx.query(
    `update recordings set deleted_at = $2 where meeting_id = any($1) and deleted_at is null`,
    [meetingIds, at],
  );
}

/** Until `work`, a transaction each time, says that there is no more. */
async function inBatches(
  database: Database,
  work: (tx: Queryable) => Promise<boolean>,
): Promise<void> {
  for (let batch = 0; batch < maxBatches; batch++) {
    if (!(await database.transaction(work))) return;
  }
}

/** Those of whole days before the day of `before`; never the default one. */
async function partitionsBefore(database: Database, table: ByDay, before: Date): Promise<string[]> {
  const partitions = await database.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = $1::regclass order by c.relname`,
    [table],
  );
  const shape = new RegExp(`^${table}_\\d{8}$`);
  const oldest = `${table}_${dayOf(before).replaceAll('-', '')}`;
  return partitions.map(({ name }) => name).filter((name) => shape.test(name) && name < oldest);
}

/** False: the table is in use. Its days are dropped in an hour; everything else goes on. */
function drop(database: Database, partition: string): Promise<boolean> {
  const work = database.transaction(async (tx) => {
    await tx.query(lockPatience);
    await tx.query(`drop table if exists ${partition}`);
  });
  return unlessInUse(work);
}

function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}
