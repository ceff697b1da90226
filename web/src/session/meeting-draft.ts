/** What a person fills in about a meeting, and what of it is sent. */
import {
  type CalendarDateTime,
  now,
  parseAbsolute,
  toCalendarDateTime,
  toZoned,
} from '@internationalized/date';
import type { Meeting, MeetingChange, NewMeeting } from '../../../client/src/index.js';

type Policy = Meeting['policy'];
type ChosenPolicy = Omit<Policy, 'has_passcode' | 'locked' | 'max_participants'>;

export interface MeetingDraft {
  title: string;
  description: string;
  kind: 'scheduled' | 'persistent';
  /** On the clock of `zone`. */
  starts: CalendarDateTime;
  ends: CalendarDateTime;
  zone: string;
  /** Empty: none. */
  passcode: string;
  policy: ChosenPolicy;
}

const defaultPolicy: ChosenPolicy = {
  lobby: 'off',
  join_before_host: true,
  guests: true,
  mute_on_entry: false,
  self_unmute: true,
  screen_share: 'all',
  chat: 'all',
  private_chat: true,
  history: true,
  recording: { consent: 'inform', auto: false },
};

/** The next full hour, for an hour. */
export function emptyDraft(zone: string, at = now(zone)): MeetingDraft {
  const hour = { minute: 0, second: 0, millisecond: 0 };
  const starts = toCalendarDateTime(at).set(hour).add({ hours: 1 });
  return {
    title: '',
    description: '',
    kind: 'scheduled',
    starts,
    ends: starts.add({ hours: 1 }),
    zone,
    passcode: '',
    policy: defaultPolicy,
  };
}

/** `zone`: for a meeting that has none. */
export function draftOf(meeting: Meeting, zone: string): MeetingDraft {
  const own = meeting.time_zone ?? zone;
  const empty = emptyDraft(own);
  const local = (time: string | null, otherwise: CalendarDateTime) =>
    time === null ? otherwise : toCalendarDateTime(parseAbsolute(time, own));
  const { has_passcode, locked, max_participants, ...policy } = meeting.policy;
  return {
    title: meeting.title,
    description: meeting.description ?? '',
    kind: meeting.kind === 'scheduled' ? 'scheduled' : 'persistent',
    starts: local(meeting.starts_at, empty.starts),
    ends: local(meeting.ends_at, empty.ends),
    zone: own,
    passcode: meeting.passcode ?? '',
    policy,
  };
}

/** The length stays when the start moves. */
export function withStart(draft: MeetingDraft, starts: CalendarDateTime): MeetingDraft {
  const lengthMs = toZoned(draft.ends, 'UTC').compare(toZoned(draft.starts, 'UTC'));
  return { ...draft, starts, ends: starts.add({ milliseconds: Math.max(0, lengthMs) }) };
}

export function newMeetingOf(draft: MeetingDraft): NewMeeting {
  const { title, description, kind, zone, policy } = cleaned(draft);
  return {
    title,
    kind,
    ...(description === '' ? {} : { description }),
    ...(kind === 'scheduled' ? timesOf(draft) : {}),
    time_zone: zone,
    policy: { ...policy, ...(draft.passcode === '' ? {} : { passcode: draft.passcode }) },
  };
}

/** Only what differs from `meeting`: nothing that somebody else changed is changed back. */
export function changeOf(meeting: Meeting, draft: MeetingDraft): MeetingChange {
  const before = draftOf(meeting, draft.zone);
  const { title, description, zone, policy } = cleaned(draft);
  const changed: MeetingChange = {};
  if (title !== before.title) changed.title = title;
  if (description !== before.description) changed.description = description || null;
  if (meeting.kind === 'scheduled') {
    const times = timesOf(draft);
    if (times.starts_at !== meeting.starts_at) changed.starts_at = times.starts_at;
    if (times.ends_at !== meeting.ends_at) changed.ends_at = times.ends_at;
  }
  if (zone !== meeting.time_zone) changed.time_zone = zone;
  const rules = Object.entries(policy).filter(
    ([name, value]) => !isSame(before.policy[name as keyof ChosenPolicy], value),
  );
  const passcode = draft.passcode === before.passcode ? {} : { passcode: draft.passcode || null };
  const rulesChanged = { ...Object.fromEntries(rules), ...passcode };
  if (Object.keys(rulesChanged).length > 0) changed.policy = rulesChanged;
  return changed;
}

/** The rule of recordings is a record of its own, always of the same fields in the same order. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A local time that a change of the clock leaves out is the one just behind it. */
function timesOf({ starts, ends, zone }: MeetingDraft): { starts_at: string; ends_at: string } {
  return {
    starts_at: toZoned(starts, zone).toAbsoluteString(),
    ends_at: toZoned(ends, zone).toAbsoluteString(),
  };
}

function cleaned(draft: MeetingDraft): MeetingDraft {
  return { ...draft, title: draft.title.trim(), description: draft.description.trim() };
}
