import fc from 'fast-check';
import ICAL from 'ical.js';
import t from 'tap';
import { seedOf } from '../../testing/seed.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller, testAccount } from '../../testing/test-principals.js';
import { calendarOf } from './calendar.js';
import { defaultPolicy } from './default-policy.js';
import type { MeetingRecord } from './repository.js';
import { cleanDescription, cleanTitle } from './wording.js';

const link = 'https://meet.example/m/0123456789ab#k=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq';

function meetingWith(change: Partial<MeetingRecord>): MeetingRecord {
  return {
    meetingId: '01993b5e-0000-7000-8000-000000000000',
    code: '0123456789ab',
    kind: 'scheduled',
    title: 'Weekly',
    description: null,
    policy: defaultPolicy,
    hostId: null,
    startsAt: new Date('2026-10-24T22:30:00Z'),
    endsAt: new Date('2026-10-25T02:30:00Z'),
    timeZone: 'Europe/Berlin',
    passcodeSealed: null,
    startedAt: null,
    endedAt: null,
    version: 1,
    createdAt: new Date('2026-10-01T00:00:00Z'),
    ...change,
  };
}

/**
 * RFC 5545 §3.1, by hand: lines of at most 75 octets without their break, ended by CRLF, folded only
 * between characters; then each line as name, parameters and value, TEXT without bare separators.
 */
function strictLines(file: string): { name: string; parameters: string; value: string }[] {
  if (!file.endsWith('\r\n')) throw new Error('the last line is not ended');
  const bytes = Buffer.from(file);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let start = 0;
  for (let end = bytes.indexOf('\r\n'); end !== -1; end = bytes.indexOf('\r\n', start)) {
    if (end - start > 75) throw new Error(`a line of ${end - start} octets`);
    decoder.decode(bytes.subarray(start, end));
    start = end + 2;
  }
  const unfolded = file.replaceAll(/\r\n[ \t]/g, '');
  if (/\r(?!\n)|(?<!\r)\n/.test(unfolded)) throw new Error('a bare line break');
  return unfolded
    .slice(0, -2)
    .split('\r\n')
    .map((line) => {
      const found = /^([A-Z-]+)((?:;[A-Z-]+=[A-Za-z0-9-]+)*):(.*)$/su.exec(line);
      if (found === null) throw new Error(`not a content line: ${line}`);
      const [, name = '', parameters = '', value = ''] = found;
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
      if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) throw new Error(`a control: ${line}`);
      const isText = ['SUMMARY', 'DESCRIPTION', 'LOCATION'].includes(name);
      if (isText && !/^(?:[^\\;,]|\\[\\;,nN])*$/u.test(value)) throw new Error(`bare: ${line}`);
      return { name, parameters, value };
    });
}

/** As a calendar program reads it. */
function eventOf(file: string): ICAL.Event {
  const calendar = new ICAL.Component(ICAL.parse(file));
  const events = calendar.getAllSubcomponents('vevent');
  if (events.length !== 1) throw new Error(`${events.length} events`);
  return new ICAL.Event(events[0]);
}

t.test('the lines that RFC 5545 asks for, each once, and nothing else', (t) => {
  const file = calendarOf(meetingWith({ description: 'a\nb' }), link, 0);
  const lines = strictLines(file);
  t.strictSame(
    lines.map(({ name, parameters, value }) => `${name}${parameters}:${value}`),
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Plenum//Plenum//EN',
      'METHOD:PUBLISH',
      'BEGIN:VEVENT',
      'UID:01993b5e-0000-7000-8000-000000000000',
      'SEQUENCE:0',
      'DTSTAMP:19700101T000000Z',
      'DTSTART:20261024T223000Z',
      'DTEND:20261025T023000Z',
      'SUMMARY:Weekly',
      `LOCATION:${link}`,
      `DESCRIPTION:a\\nb\\n\\n${link}`,
      `URL;VALUE=URI:${link}`,
      'CREATED:20261001T000000Z',
      'END:VEVENT',
      'END:VCALENDAR',
    ],
  );
  t.end();
});

t.test('the same UID in every version, a higher SEQUENCE in a later one', (t) => {
  const versions = [1, 2, 17].map((version) =>
    eventOf(calendarOf(meetingWith({ version, title: `${version}` }), link, 0)),
  );
  t.equal(new Set(versions.map(({ uid }) => uid)).size, 1);
  t.strictSame(
    versions.map(({ sequence }) => sequence),
    [0, 1, 16],
  );
  t.end();
});

t.test('right over a change of the clocks, in every zone that has one', (t) => {
  const cases = [
    // Clocks go back one hour at 01:00 UTC: 4 hours that show as 3 on the wall.
    ['Europe/Berlin', '2026-10-24T22:30:00Z', '2026-10-25T02:30:00Z', '00:30', '03:30'],
    // Clocks go forward: 1 hour that shows as 2.
    ['Europe/Berlin', '2027-03-28T00:30:00Z', '2027-03-28T01:30:00Z', '01:30', '03:30'],
    ['America/New_York', '2026-11-01T04:30:00Z', '2026-11-01T06:30:00Z', '00:30', '01:30'],
    // Half an hour, on the southern half.
    ['Australia/Lord_Howe', '2026-10-03T15:00:00Z', '2026-10-03T16:00:00Z', '01:30', '03:00'],
    // A day on which the same wall clock is another instant than the day before.
    ['Europe/Berlin', '2026-10-26T08:00:00Z', '2026-10-26T09:00:00Z', '09:00', '10:00'],
    ['Europe/Berlin', '2026-10-23T07:00:00Z', '2026-10-23T08:00:00Z', '09:00', '10:00'],
  ] as const;
  for (const [timeZone, starts, ends, first, last] of cases) {
    const [startsAt, endsAt] = [new Date(starts), new Date(ends)];
    const event = eventOf(calendarOf(meetingWith({ startsAt, endsAt, timeZone }), link, 0));
    t.equal(event.startDate.toJSDate().getTime(), startsAt.getTime(), `${timeZone} ${starts}`);
    t.equal(event.endDate.toJSDate().getTime(), endsAt.getTime());
    t.equal(event.startDate.zone.tzid, 'UTC', 'no zone that a program could know otherwise');
    t.equal(event.duration.toSeconds() * 1000, endsAt.getTime() - startsAt.getTime());
    const wall = (at: ICAL.Time) =>
      at.toJSDate().toLocaleTimeString('de', { timeZone, hour: '2-digit', minute: '2-digit' });
    t.strictSame([wall(event.startDate), wall(event.endDate)], [first, last]);
  }
  t.end();
});

t.test('any title and text comes back as it was', (t) => {
  const seed = seedOf(t);
  const unit = fc.oneof(
    fc.constantFrom(
      '\\',
      ';',
      ',',
      '\n',
      '"',
      ':',
      ' ',
      '\t',
      'n',
      '\\n',
      '👩‍👩‍👧',
      'é',
      '日',
      'x',
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }),
  );
  const text = (maxLength: number) => fc.array(unit, { maxLength }).map((units) => units.join(''));
  const property = fc.property(text(200), text(300), (typedTitle, typedText) => {
    const title = cleanTitle(typedTitle);
    const description = cleanDescription(typedText);
    const file = calendarOf(meetingWith({ title, description }), link, 0);
    strictLines(file);
    const event = eventOf(file);
    const wholeText = description === null ? link : `${description}\n\n${link}`;
    return (
      event.summary === (title || 'Plenum') &&
      event.description === wholeText &&
      event.location === link &&
      event.component.getFirstPropertyValue('url') === link
    );
  });
  fc.assert(property, { seed, numRuns: 1000 });
  t.pass('1000 cases');
  t.end();
});

t.test('over HTTP: for hosts, of a scheduled meeting, with the link that opens it', async (t) => {
  const server = await testServer(t);
  const control = await testControl(t, await testDatabase(t, server));
  const { origin } = control;
  const account = await testAccount(control);
  const ask = caller(origin, account.cookie);
  const wanted = {
    kind: 'scheduled',
    title: 'Weekly',
    starts_at: '2026-12-01T09:00:00Z',
    ends_at: '2026-12-01T10:00:00Z',
  };
  const { body } = await ask('POST', '/v1/meetings', wanted);
  const url = `/v1/meetings/${body.meeting.meeting_id}`;
  const { status, headers, body: file } = await ask('GET', `${url}/calendar.ics`);
  t.equal(status, 200);
  t.equal(headers.get('content-type'), 'text/calendar; charset=utf-8; method=PUBLISH');
  t.equal(headers.get('content-disposition'), 'attachment; filename="meeting.ics"');
  strictLines(file);
  t.match(eventOf(file), {
    uid: body.meeting.meeting_id,
    sequence: 0,
    location: body.participant_link,
  });
  await ask('PATCH', url, { title: 'Moved' }, { 'if-match': '*' });
  const later = eventOf((await ask('GET', `${url}/calendar.ics`)).body);
  t.match(later, { summary: 'Moved', uid: body.meeting.meeting_id, sequence: 1 });
  const other = caller(origin, (await testAccount(control)).cookie);
  t.match((await other('GET', `${url}/calendar.ics`)).body, { status: 404 });
  const instant = await ask('POST', '/v1/meetings', {});
  const none = await ask('GET', `/v1/meetings/${instant.body.meeting.meeting_id}/calendar.ics`);
  t.match(none.body, { status: 409, code: 'conflict' });
});
