import type { ReportName } from '../../schemas/http.js';

/** Days as `2026-01-31`, both within the report. */
export interface Range {
  from: string;
  to: string;
}

/** The same question to both stores: the same columns, the same rows, ordered by `key`. */
export interface ReportQuery {
  /** Over the rooms' log; $1 and $2 are the range. */
  postgres: string;
  /** Over `room_events`; days are spliced in, as older servers take no parameters. */
  clickhouse: (range: Range) => string;
}

// A visit or a room may end on the day after the report, and may have begun on the one before it.

/** Midnight of UTC, whatever the time zone of the session is. */
const midnight = (day: string) => `((${day})::timestamp at time zone 'UTC')`;
const pgSpan = `created_at >= ${midnight('$1::date - 1')} and created_at < ${midnight('$2::date + 2')}
  and day between $1::date - 2 and $2::date + 2`;
const pgRange = `created_at >= ${midnight('$1::date')} and created_at < ${midnight('$2::date + 1')}
  and day between $1::date - 1 and $2::date + 1`;
const pgWithin = (column: string) =>
  `${column} >= ${midnight('$1::date')} and ${column} < ${midnight('$2::date + 1')}`;
const pgDay = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD')`;
const chSpan = ({ from, to }: Range) =>
  `event_date between toDate('${from}') - 1 and toDate('${to}') + 1`;
const chRange = ({ from, to }: Range) => `event_date between toDate('${from}') and toDate('${to}')`;
const chWithin = (column: string, { from, to }: Range) =>
  `toDate('1970-01-01') + intDiv(${column}, 86400000) between toDate('${from}') and toDate('${to}')`;
const chDay = (column: string) => `toString(toDate('1970-01-01') + intDiv(${column}, 86400000))`;

const leaving = `('participant.left', 'participant.removed')`;

/** Of everybody who came in: when, and until when. */
const pgVisits = `select meeting_id, participant_id,
    min(created_at) filter (where type = 'participant.joined') as since,
    max(created_at) filter (where type in ${leaving}) as until
  from events
  where ${pgSpan} and participant_id is not null
    and type in ('participant.joined', 'participant.left', 'participant.removed')
  group by meeting_id, participant_id
  having count(*) filter (where type = 'participant.joined') > 0`;

const chVisits = (range: Range) => `select meeting_id, participant_id,
    minIf(at_ms, event_type = 'participant.joined') as since,
    maxIf(at_ms, event_type in ${leaving}) as until
  from room_events final
  where ${chSpan(range)} and isNotNull(participant_id)
    and event_type in ('participant.joined', 'participant.left', 'participant.removed')
  group by meeting_id, participant_id
  having countIf(event_type = 'participant.joined') > 0`;

/** Counts by day: each column a condition, in the words of both stores. */
function daily(columns: Record<string, { pg: string; ch: string }>): ReportQuery {
  const entries = Object.entries(columns);
  const pg = entries.map(([name, { pg }]) => `count(*) filter (where ${pg})::int as ${name}`);
  const ch = entries.map(([name, { ch }]) => `toInt32(countIf(${ch})) as ${name}`);
  const some = (conditions: string[]) => conditions.map((one) => `(${one})`).join(' or ');
  return {
    postgres: `select ${pgDay('created_at')} as key, ${pg.join(', ')} from events
      where ${pgRange} and (${some(entries.map(([, { pg }]) => pg))}) group by 1 order by 1`,
    clickhouse: (range) => `select toString(event_date) as key, ${ch.join(', ')}
      from room_events final
      where ${chRange(range)} and (${some(entries.map(([, { ch }]) => ch))})
      group by event_date order by event_date`,
  };
}

const ofType = (type: string) => ({ pg: `type = '${type}'`, ch: `event_type = '${type}'` });
const also = (one: { pg: string; ch: string }, pg: string, ch: string) => ({
  pg: `${one.pg} and ${pg}`,
  ch: `${one.ch} and ${ch}`,
});
const joined = ofType('participant.joined');
/** Not those who were never let in. */
const left = also(ofType('participant.left'), `not payload ? 'lobby'`, 'is_lobby = 0');
const written = ofType('message.created');

/** Upper bounds of the lengths that are told apart, in minutes. */
const lengths = [1, 5, 15, 30, 60, 120, 240];
const beyond = `over ${lengths.at(-1)}`;
const label = (minutes: number) => `up to ${minutes}`;

export const reportQueries: Record<ReportName, ReportQuery> = {
  meetings: daily({ started: ofType('meeting.started'), ended: ofType('meeting.ended') }),
  joins: daily({
    people: also(joined, `not payload ? 'kind'`, `kind = ''`),
    programs: also(joined, `payload ? 'kind'`, `kind != ''`),
    waited: ofType('participant.waiting'),
    admitted: ofType('participant.admitted'),
  }),
  departures: daily({
    left: also(left, `coalesce(payload ->> 'reason', '') <> 'timeout'`, `reason != 'timeout'`),
    lost: also(left, `payload ->> 'reason' = 'timeout'`, `reason = 'timeout'`),
    removed: ofType('participant.removed'),
  }),
  messages: daily({
    to_all: also(written, `not payload ? 'is_private'`, 'is_private = 0'),
    private: also(written, `payload ? 'is_private'`, 'is_private = 1'),
  }),
  minutes: {
    postgres: `select ${pgDay('since')} as key, count(*)::int as visits,
        (sum((extract(epoch from until - since) * 1000)::bigint)::bigint / 60000)::int as minutes
      from (${pgVisits}) visits
      where until >= since and ${pgWithin('since')}
      group by 1 order by 1`,
    clickhouse: (range) => `select ${chDay('since')} as key, toInt32(count()) as visits,
        toInt32(intDiv(sum(until - since), 60000)) as minutes
      from (${chVisits(range)})
      where until >= since and ${chWithin('since', range)}
      group by key order by key`,
  },
  // Steps up and down in the order of time, at one moment the downward ones first; each day has a step
  // of nothing at its beginning, for those who are there already.
  peak: {
    postgres: `with visits as (${pgVisits}), steps as (
        select since as at, 1 as step from visits
        union all select until, -1 from visits where until >= since
        union all select ${midnight('$1::date + number')}, 0
          from generate_series(0, $2::date - $1::date) as day(number)
      ), running as (select at, sum(step) over (order by at, step) as people from steps)
      select ${pgDay('at')} as key, max(people)::int as people from running
      where ${pgWithin('at')} group by 1 order by 1`,
    clickhouse: (range) => `select ${chDay('at.1')} as key, toInt32(max(running)) as people
      from (
        select arraySort(groupArray((moment, step))) as steps,
          arrayCumSum(arrayMap(one -> one.2, steps)) as sums
        from (
          select toInt64(since) as moment, toInt64(1) as step from (${chVisits(range)})
          union all
          select toInt64(until) as moment, toInt64(-1) as step from (${chVisits(range)})
          where until >= since
          union all
          select toInt64(toUInt32(toDate('${range.from}')) + number) * 86400000 as moment,
            toInt64(0) as step
          from numbers(toUInt64(toDate('${range.to}') - toDate('${range.from}') + 1))
        )
      ) array join steps as at, sums as running
      where ${chWithin('at.1', range)}
      group by key order by key`,
  },
  lengths: {
    postgres: `select case ${lengths
      .map((minutes) => `when length <= interval '${minutes} minutes' then '${label(minutes)}'`)
      .join(' ')} else '${beyond}' end as key, count(*)::int as rooms
      from (
        select max(created_at) filter (where type = 'meeting.ended')
            - min(created_at) filter (where type = 'meeting.started') as length,
          min(created_at) filter (where type = 'meeting.started') as since
        from events where ${pgSpan} and type in ('meeting.started', 'meeting.ended')
        group by room_id
      ) rooms where length is not null and ${pgWithin('since')}
      group by 1 order by min(length)`,
    clickhouse: (range) => `select multiIf(${lengths
      .map((minutes) => `length <= ${minutes * 60_000}, '${label(minutes)}'`)
      .join(', ')}, '${beyond}') as key, toInt32(count()) as rooms
      from (
        select room_id, minIf(at_ms, event_type = 'meeting.started') as since,
          maxIf(at_ms, event_type = 'meeting.ended') - since as length
        from room_events final
        where ${chSpan(range)} and event_type in ('meeting.started', 'meeting.ended')
        group by room_id
        having countIf(event_type = 'meeting.started') > 0
          and countIf(event_type = 'meeting.ended') > 0
      ) where ${chWithin('since', range)}
      group by key order by min(length)`,
  },
};
