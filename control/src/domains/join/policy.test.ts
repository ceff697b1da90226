import t from 'tap';
import { defaultPolicy } from '../meetings/service.js';
import { cleanName } from './display-name.js';
import { decideJoin, type JoinFacts } from './policy.js';

const now = 1_000_000;

function factsWith(
  change: Partial<JoinFacts> & { meeting?: object; invite?: object; policy?: object } = {},
): JoinFacts {
  const { meeting, invite, policy, ...facts } = change;
  return {
    opened: {
      meeting: {
        meetingId: 'm',
        code: 'c',
        kind: 'instant',
        title: '',
        description: null,
        policy: { ...defaultPolicy, ...policy },
        hostId: null,
        startsAt: null,
        endsAt: null,
        timeZone: null,
        passcodeSealed: null,
        startedAt: null,
        endedAt: null,
        version: 1,
        createdAt: new Date(0),
        ...meeting,
      },
      credential: {
        role: 'participant',
        expiresAt: null,
        maxUses: null,
        uses: 0,
        ...invite,
      },
    },
    now,
    blocked: false,
    hostPresent: false,
    seatsTaken: 0,
    ...facts,
  };
}

const host = { invite: { role: 'host' } };
const cases: [string, JoinFacts, string][] = [
  ['a good link', factsWith(), 'participant'],
  ['a wrong link', factsWith({ opened: null }), 'join_refused'],
  ['an old invite', factsWith({ invite: { expiresAt: new Date(now) } }), 'invite_expired'],
  ['an invite in time', factsWith({ invite: { expiresAt: new Date(now + 1) } }), 'participant'],
  ['a used up invite', factsWith({ invite: { maxUses: 1, uses: 1 } }), 'invite_expired'],
  ['an ended meeting', factsWith({ meeting: { endedAt: new Date(0) } }), 'meeting_ended'],
  ['a removed device', factsWith({ blocked: true }), 'blocked'],
  ['a removed host', factsWith({ blocked: true, ...host }), 'blocked'],
  ['a locked meeting', factsWith({ policy: { locked: true } }), 'meeting_locked'],
  ['a locked meeting, as host', factsWith({ policy: { locked: true }, ...host }), 'host'],
  ['no host yet', factsWith({ policy: { join_before_host: false } }), 'meeting_not_started'],
  ['the host', factsWith({ policy: { join_before_host: false }, ...host }), 'host'],
  [
    'after the host',
    factsWith({ policy: { join_before_host: false }, hostPresent: true }),
    'participant',
  ],
  ['the last seat', factsWith({ seatsTaken: 99 }), 'participant'],
  ['no seat', factsWith({ seatsTaken: 100 }), 'meeting_full'],
];

for (const [name, facts, expected] of cases) {
  t.test(name, async (t) => {
    const decision = decideJoin(facts);
    t.equal(decision.admitted ? decision.role : decision.code, expected);
  });
}

t.test('names lose what hides or turns text around', async (t) => {
  t.equal(cleanName('  Ada \t Lovelace '), 'Ada Lovelace');
  t.equal(cleanName('evil\u202Etxt.exe\u200B'), 'eviltxt.exe');
  t.equal(cleanName('e\u0301'), '\u00e9');
  t.throws(() => cleanName(' \u200F\u0000 '), { code: 'bad_request' });
});
