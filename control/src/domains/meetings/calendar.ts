import ical, { ICalCalendarMethod } from 'ical-generator';
import { ControlError } from '../../control-error.js';
import type { MeetingRecord } from './repository.js';

/**
 * A scheduled meeting as an iCalendar file (RFC 5545, METHOD:PUBLISH of RFC 5546 §3.2.1). Times are
 * in UTC: right in every zone, over every change of its clocks. The same meeting keeps its UID, and
 * a later version of it has a higher SEQUENCE, so that calendars replace what they had.
 * @param link opens the meeting: the file is for hosts to hand on.
 * @param now DTSTAMP, milliseconds since 1970.
 * @throws ControlError `conflict` for a meeting without times.
 */
export function calendarOf(meeting: MeetingRecord, link: string, now: number): string {
  const { startsAt, endsAt } = meeting;
  if (startsAt === null || endsAt === null) {
    throw new ControlError('conflict', 'Only a scheduled meeting is in a calendar.');
  }
  const calendar = ical({
    prodId: { company: 'Plenum', product: 'Plenum', language: 'EN' },
    method: ICalCalendarMethod.PUBLISH,
  });
  calendar.createEvent({
    id: meeting.meetingId,
    sequence: meeting.version - 1,
    stamp: new Date(now),
    created: meeting.createdAt,
    start: startsAt,
    end: endsAt,
    summary: meeting.title || 'Plenum',
    description: meeting.description === null ? link : `${meeting.description}\n\n${link}`,
    location: link,
    url: link,
  });
  // The last line ends as every other one does (§3.1).
  return `${calendar.toString().trimEnd()}\r\n`;
}
