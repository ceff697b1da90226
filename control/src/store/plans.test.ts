/** What is asked all the time is found by an index: the plans of the repositories' own statements. */

import t from 'tap';
import * as chat from '../domains/chat/repository.js';
import * as events from '../domains/events/repository.js';
import * as ingestKeys from '../domains/ingest-keys/repository.js';
import * as door from '../domains/meetings/door-repository.js';
import * as meetings from '../domains/meetings/repository.js';
import * as moderation from '../domains/moderation/repository.js';
import * as outbox from '../domains/outbox/repository.js';
import * as keeping from '../domains/recordings/keeping-repository.js';
import * as renders from '../domains/recordings/renders-repository.js';
import * as recordings from '../domains/recordings/repository.js';
import * as shares from '../domains/recordings/shares-repository.js';
import * as rooms from '../domains/rooms/repository.js';
import * as sessions from '../domains/sessions/repository.js';
import * as deliveries from '../domains/webhooks/deliveries.js';
import { dayOf, hashSecret, systemIds } from '../ids.js';
import { TestClock } from '../testing/test-clock.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import type { Database, Queryable } from './database.js';
import { ensurePartitions } from './housekeeping.js';

const database = await testDatabase(t, await testServer(t));

const howMany = 400;
const rowsOfEach = 60;
const ids = systemIds(new TestClock());
const [meetingId, roomId, participantId] = [ids.next(), ids.next(), ids.next()];
const day = dayOf(meetingId);
const secretHash = hashSecret('a secret');

/** Every table of meetings, filled as by many of them; the one that is asked for is in the middle. */
async function fill(database: Database): Promise<void> {
  await ensurePartitions(database, Date.now());
  await database.query(`create table m as select g as number,
    case when g = ${howMany / 2} then '${meetingId}'::uuid else gen_random_uuid() end as id,
    case when g = ${howMany / 2} then '${roomId}'::uuid else gen_random_uuid() end as room
    from generate_series(1, ${howMany}) g`);
  const each = `m cross join generate_series(1, ${rowsOfEach}) g`;
  for (const statement of [
    `insert into meetings (day, meeting_id, meeting_url, kind, title, policy, created_at, updated_at)
       select '${day}', id, '', 'instant', '', '{}', now(), now() from m`,
    // Those of others: so few as ours are read whole.
    `insert into meetings (day, meeting_id, meeting_url, kind, title, policy, created_at, updated_at)
       select '${day}', gen_random_uuid(), '', 'instant', '', '{}', now(), now() from ${each}`,
    // More than meetings: what is found by a code must be found by it.
    `insert into meeting_codes select lpad(number || '-' || g, 12, 'x'), '${day}', id from ${each}`,
    `insert into rooms (meeting_id, room_id, epoch, opened_at) select id, room, 1, now() from m`,
    `insert into invites (meeting_id, invite_id, role, secret_hash, created_at)
       select id, gen_random_uuid(), 'participant', sha256(g::text::bytea), now() from ${each}`,
    `insert into participants (day, meeting_id, participant_id, room_id, display_name, role,
       token_id, created_at, joined_at, left_at)
       select '${day}', id, gen_random_uuid(), room, 'Ada', 'participant', gen_random_uuid(), now(),
         now(), case when g % 6 > 0 then now() end from ${each}`,
    `insert into messages (day, meeting_id, message_id, room_id, participant_id, from_name, content,
       sent_at) select '${day}', id, gen_random_uuid(), room, gen_random_uuid(), 'Ada', 'hello',
         now() + g * interval '1 s' from ${each}`,
    `insert into events (day, meeting_id, event_id, room_id, seq, type, payload, created_at)
       select '${day}', id, gen_random_uuid(), room, g, 'message.created', '{}', now() from ${each}`,
    `insert into outbox (meeting_id, event_id, room_id, room_seq, type, payload, created_at)
       select id, gen_random_uuid(), room, g, 'message.created', '{}', now() from ${each}`,
    `insert into blocks (meeting_id, block_id, participant_id, created_at)
       select id, gen_random_uuid(), gen_random_uuid(), now() from ${each}`,
    `insert into ingest_keys (meeting_id, ingest_key_id, scope, display_name, secret_hash,
       expires_at, created_at) select id, gen_random_uuid(), 'view', '', sha256(g::text::bytea),
         now(), now() from ${each}`,
    `insert into recordings (meeting_id, recording_id, room_id, title, status, consent, created_at)
       select id, gen_random_uuid(), room, '', 'ready', 'inform', now() from ${each}`,
    `insert into recording_files (recording_id, file_id, kind, object_key, content_type, size_bytes,
       sha256, start_ms, end_ms, created_at) select recording_id, gen_random_uuid(), 'track', '', '',
         1, '', 0, 1, now() from recordings`,
    `insert into recording_renders (recording_id, render_id, layout, state, created_at)
       select recording_id, gen_random_uuid(), 'gallery', 'done', now() from recordings`,
    `insert into recording_shares (recording_id, share_id, secret_hash, expires_at, created_at)
       select recording_id, gen_random_uuid(), '', now(), now() from recordings`,
    `insert into login_sessions (user_id, session_id, token_hash, user_agent, created_at,
       last_seen_at, expires_at) select id, gen_random_uuid(), sha256((number || ':' || g)::bytea), '',
         now(), now(), now() + interval '1 day' from ${each}`,
    `insert into webhooks (webhook_id, user_id, url, types, hears_all, secret_sealed, created_at,
       updated_at) select id, id, '', '{}', false, '', now(), now() from m`,
    `insert into users (user_id, email, email_key, username, created_at, updated_at)
       select id, '', id::text, '', now(), now() from m`,
    `insert into webhook_deliveries (webhook_id, delivery_id, event_id, room_id, room_seq, type,
       body, state, waiting_since, next_attempt_at, created_at)
       select id, gen_random_uuid(), gen_random_uuid(), room, g, '', '', 'waiting', now(), now(),
         now() from ${each}`,
    'drop table m',
    'analyze',
  ]) {
    await database.query(statement);
  }
}

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

/** Where a plan reads whole tables that are not small. */
function wholeReads(plan: Plan, large: ReadonlySet<string>): string[] {
  const own = plan['Node Type'] === 'Seq Scan' ? [plan['Relation Name'] ?? ''] : [];
  const below = (plan.Plans ?? []).flatMap((one) => wholeReads(one, large));
  return [...own.filter((table) => large.has(table)), ...below];
}

t.test('what is asked all the time is found by an index', async (t) => {
  await fill(database);
  const sizes = await database.query<{ name: string; rows: number }>(
    `select relname as name, reltuples::int8 as rows from pg_class where relkind = 'r'
       and relnamespace = 'public'::regnamespace and reltuples >= ${howMany}`,
  );
  const large = new Set(sizes.map(({ name }) => name));
  for (const table of ['events', 'meetings', 'messages', 'participants'])
    t.ok(large.has(`${table}_${day.replaceAll('-', '')}`), table);

  const key = { meetingId, participantId };
  const at = new Date();
  const page = { after: meetingId, limit: 50, order: 'asc' } as const;
  const reader = { participantId, userId: null, since: null };
  const identity = {
    userId: null,
    inviteId: null,
    deviceHash: secretHash.toString('hex'),
    ingestKeyId: null,
  };
  const seat = { ...key, roomId };
  const code = { code: 'xxxxxxx200-1', secretHash };
  const link = { meetingId, secretHash };
  const asked = { meetingId, who: identity };
  // Of many more, tables as small as these are read whole, and rightly so.
  const crowd = <One>(one: One) => Array.from({ length: 5 }, () => one);
  const questions: Record<string, (from: Queryable) => Promise<unknown>> = {
    'a meeting by its code': (from) => door.findByCode(from, [code]),
    'meetings by their codes': (from) => door.findByCode(from, crowd(code)),
    'a meeting by its id': (from) => door.findById(from, [link]),
    'meetings by their ids': (from) => door.findById(from, crowd(link)),
    'meetings of an account': (from) =>
      meetings.listMeetings(from, { ...page, hostId: roomId, ended: null }),
    'meetings of an account, the newest first': (from) =>
      meetings.listMeetings(from, { ...page, order: 'desc', hostId: roomId, ended: true }),
    'a meeting for its hosts': (from) => meetings.findMeetings(from, [meetingId]),
    'seats that are taken': (from) => rooms.seatsTaken(from, meetingId, roomId),
    'use of a join token': (from) =>
      rooms.takeSeat(from, {
        ...key,
        tokenId: roomId,
        resumeHash: secretHash,
        at,
        waits: false,
        muted: [],
      }),
    'use of a resume token': (from) => rooms.exchangeResumeToken(from, key, secretHash, secretHash),
    'a room for its meeting': (from) =>
      rooms.insertRoom(from, { meetingId, roomId, controlId: roomId, nodeId: 'n', at }),
    'who has a room': (from) => rooms.activeRoom(from, meetingId),
    'a room taken over': (from) =>
      rooms.takeRoom(from, { meetingId, roomId, epoch: 1 }, { controlId: roomId, nodeId: 'n' }),
    'end of a seat': (from) => rooms.freeSeat(from, seat, 'left', at),
    'the newest messages': (from) => chat.newestMessages(from, meetingId, 50),
    'a page of messages': (from) => chat.listMessages(from, meetingId, reader, page),
    'a recording by its id': (from) => recordings.lookUpRecording(from, roomId),
    'recordings at a recorder': (from) =>
      recordings.findHeld(from, [{ meetingId, recordingId: roomId }]),
    'recordings of a meeting': (from) =>
      recordings.listRecordings(from, { ...page, meetingId, hostId: null }),
    'recordings of an account': (from) =>
      recordings.listRecordings(from, { ...page, meetingId: null, hostId: roomId }),
    'what is left of the chat': (from) => chat.remainingMessages(from, meetingId, [meetingId]),
    'files of a recording': (from) => recordings.filesOf(from, roomId),
    'a link to a recording': (from) => shares.findShare(from, roomId),
    'recordings that wait for files': (from) => keeping.unsettled(from),
    'recordings of rooms that are over': (from) => keeping.endOfClosedRooms(from, at),
    'recordings on their way out': (from) => keeping.leaving(from, 50),
    'recordings whose time is over': (from) => keeping.markExpired(from, at),
    'compositions for a recorder': (from) =>
      renders.claimRenders(from, { recorderId: roomId, slots: 2, now: at, retryMs: 5000 }),
    'progress of a composition': (from) =>
      renders.writeProgress(from, { renderId: roomId, attempt: 1 }, { progress: 1, cpuSeconds: 1 }),
    'who wrote a message': (from) => chat.findAuthor(from, meetingId, participantId),
    'the log of a room': (from) =>
      events.listEvents(from, { meetingId, after: { roomId, seq: 20 }, limit: 50, keptSince: at }),
    'the rooms of a meeting': (from) => events.listRooms(from, meetingId, page),
    'who is kept out': (from) => moderation.findBlocks(from, [asked]),
    'who of many is kept out': (from) => moderation.findBlocks(from, crowd(asked)),
    'uses of invites': (from) => door.countUses(from, [{ meetingId, inviteId: roomId, wanted: 3 }]),
    'an ingest key': (from) => ingestKeys.findKey(from, meetingId, secretHash),
    'a login by its token': (from) => sessions.findLive(from, [secretHash]),
    'what the relay takes next': (from) => outbox.takeNext(from, 200),
    'what is told again, of all meetings': (from) =>
      outbox.eventsAfter(from, {
        ...{ meetingIds: null, types: ['message.created'], after: meetingId, limit: 500 },
      }),
    'what webhooks are told next': (from) =>
      deliveries.claimDeliveries(from, {
        ...{ now: at, lease: at, patienceEnded: at, running: new Map() },
        ...{ perWebhook: 8, limit: 256 },
      }),
    'what was revoked lately': (from) =>
      sessions.revokedSince(from, null, { coverMs: 1000, limit: 10 }),
  };
  for (const [name, ask] of Object.entries(questions)) {
    let plans = 0;
    const explaining = {
      query: async (sql: string, values?: unknown[]) => {
        const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
          `explain (format json) ${sql}`,
          values,
        );
        plans += 1;
        const plan = (row as { 'QUERY PLAN': [{ Plan: Plan }] })['QUERY PLAN'][0].Plan;
        t.strictSame(wholeReads(plan, large), [], name);
        return [];
      },
    } as Queryable;
    // There is a plan in place of an answer.
    await ask(explaining).catch((error) => t.ok(plans > 0, `${name}: ${error.message}`));
    t.ok(plans > 0, name);
  }
});

/** Tables that a plan names. */
function tablesOf(plan: Plan | undefined): string[] {
  if (plan === undefined) return [];
  return [plan['Relation Name'] ?? '', ...(plan.Plans ?? []).flatMap(tablesOf)];
}

t.test('a plan is made over the days in question, however old the service is', async (t) => {
  const tables = ['meetings', 'participants', 'messages'];
  const partitionOf = (table: string, daysAgo: number) => {
    const at = new Date(Date.parse(day) - daysAgo * 86_400_000).toISOString().slice(0, 10);
    return { at, name: `${table}_${at.replaceAll('-', '')}` };
  };
  const old = tables.flatMap((table) => [2, 3].map((daysAgo) => ({ table, daysAgo })));
  for (const { table, daysAgo } of old) {
    const { at } = partitionOf(table, daysAgo);
    await database.query('select ensure_day_partition($1, $2)', [table, at]);
  }
  const planned = new Set<string>();
  const explaining = {
    query: async (sql: string, values?: unknown[]) => {
      const [row] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (format json) ${sql}`,
        values,
      );
      for (const name of tablesOf(row?.['QUERY PLAN'][0].Plan)) planned.add(name);
      return database.query(sql, values);
    },
  } as Queryable;
  const [row] = await database.query<{ code: string }>(
    'select code from meeting_codes where meeting_id = $1',
    [meetingId],
  );
  await door.findByCode(explaining, [{ code: row?.code ?? '', secretHash }]);
  await meetings.findMeetings(explaining, [meetingId]);
  await rooms.seatsTaken(explaining, meetingId, roomId);
  await chat.newestMessages(explaining, meetingId, 50);
  const reader = { participantId, userId: null, since: null };
  const firstPage = { after: '00000000-0000-0000-0000-000000000000', limit: 50 };
  await chat.listMessages(explaining, meetingId, reader, firstPage);
  for (const table of tables) t.ok(planned.has(partitionOf(table, 0).name), table);
  for (const { table, daysAgo } of old) {
    const { name } = partitionOf(table, daysAgo);
    t.notOk(planned.has(name), name);
  }
});
