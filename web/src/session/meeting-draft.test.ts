import { parseDateTime, parseZonedDateTime } from '@internationalized/date';
import t from 'tap';
import type { Meeting } from '../../../client/src/index.js';
import { changeOf, draftOf, emptyDraft, newMeetingOf, withStart } from './meeting-draft.js';

const zone = 'Europe/Berlin';

const meeting: Meeting = {
  meeting_id: 'm',
  code: 'abcdefghjkmn',
  title: 'Weekly',
  description: null,
  kind: 'scheduled',
  host_id: 'u',
  starts_at: '2026-03-27T09:00:00.000Z',
  ends_at: '2026-03-27T10:00:00.000Z',
  time_zone: zone,
  policy: {
    lobby: 'guests',
    has_passcode: true,
    locked: false,
    join_before_host: true,
    guests: true,
    mute_on_entry: false,
    self_unmute: true,
    screen_share: 'all',
    chat: 'all',
    private_chat: true,
    history: true,
    recording: { consent: 'inform', auto: false },
    max_participants: 100,
  },
  passcode: '1234',
  is_live: false,
  started_at: null,
  ended_at: null,
  created_at: '2026-03-01T00:00:00.000Z',
};

t.test('begins at the next full hour', (t) => {
  const draft = emptyDraft(zone, parseZonedDateTime(`2026-03-28T23:20:17[${zone}]`));
  t.equal(String(draft.starts), '2026-03-29T00:00:00');
  t.equal(String(draft.ends), '2026-03-29T01:00:00');
  t.end();
});

t.test('times are of the zone, over a change of the clock', (t) => {
  const draft = { ...draftOf(meeting, 'UTC'), passcode: '' };
  t.equal(String(draft.starts), '2026-03-27T10:00:00');
  const later = withStart(draft, parseDateTime('2026-03-30T10:00'));
  t.match(newMeetingOf(later), {
    starts_at: '2026-03-30T08:00:00.000Z',
    ends_at: '2026-03-30T09:00:00.000Z',
    time_zone: zone,
  });
  const lost = withStart(draft, parseDateTime('2026-03-29T02:30'));
  t.equal(newMeetingOf(lost).starts_at, '2026-03-29T01:30:00.000Z', '03:30 in summer time');
  t.end();
});

t.test('the length stays when the start moves', (t) => {
  const draft = { ...draftOf(meeting, zone), ends: parseDateTime('2026-03-27T10:45') };
  t.equal(String(withStart(draft, parseDateTime('2026-04-01T23:30')).ends), '2026-04-02T00:15:00');
  t.end();
});

t.test('a persistent meeting has no times', (t) => {
  const made = newMeetingOf({ ...draftOf(meeting, zone), kind: 'persistent', title: ' Desk ' });
  t.match(made, { kind: 'persistent', title: 'Desk', policy: { passcode: '1234' } });
  t.notOk('starts_at' in made || 'ends_at' in made || 'description' in made);
  t.end();
});

t.test('only what was changed is sent', (t) => {
  const draft = draftOf(meeting, zone);
  t.same(changeOf(meeting, draft), {});
  t.same(changeOf(meeting, { ...draft, title: 'Daily', passcode: '' }), {
    title: 'Daily',
    policy: { passcode: null },
  });
  t.same(changeOf(meeting, { ...draft, policy: { ...draft.policy, lobby: 'off' } }), {
    policy: { lobby: 'off' },
  });
  const later = withStart(draft, parseDateTime('2026-03-27T11:00'));
  t.same(changeOf(meeting, later), {
    starts_at: '2026-03-27T10:00:00.000Z',
    ends_at: '2026-03-27T11:00:00.000Z',
  });
  t.same(changeOf({ ...meeting, description: 'old' }, { ...draft, description: '' }), {
    description: null,
  });
  t.end();
});
