import t from 'tap';
import { cleanName } from '../../names.js';
import { defaultPolicy } from '../meetings/service.js';
import { decideJoin, type JoinFacts } from './policy.js';

const now = 1_000_000;

function factsWith(
  change: Partial<JoinFacts> & { meeting?: object; invite?: object; policy?: object } = {},
): JoinFacts {
  const { meeting, invite, policy, ...facts } = change;
  return {
    opened: {
      meeting: { policy: { ...defaultPolicy, ...policy }, endedAt: null, ...meeting },
      credential: {
        role: 'participant',
        expiresAt: null,
        maxUses: null,
        uses: 0,
        lobbyBypass: false,
        ...invite,
      },
    },
    now,
    block: 'none',
    isReturning: false,
    isMember: false,
    passcodeShown: false,
    passcodeTried: false,
    consented: null,
    recorded: null,
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
  [
    'whoever has used it up',
    factsWith({ invite: { maxUses: 1, uses: 1 }, isReturning: true }),
    'participant',
  ],
  [
    'whoever has used it up, after a block',
    factsWith({ invite: { maxUses: 1, uses: 1 }, isReturning: true, block: 'refused' }),
    'blocked',
  ],
  [
    'whoever has used up an old invite',
    factsWith({
      invite: { maxUses: 1, uses: 1, expiresAt: new Date(now) },
      isReturning: true,
    }),
    'invite_expired',
  ],
  ['an ended meeting', factsWith({ meeting: { endedAt: new Date(0) } }), 'meeting_ended'],
  ['a removed device', factsWith({ block: 'refused' }), 'blocked'],
  ['a removed host', factsWith({ block: 'refused', ...host }), 'blocked'],
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
  ['a guest at the lobby', factsWith({ policy: { lobby: 'guests' } }), 'lobby'],
  ['a member at it', factsWith({ policy: { lobby: 'guests' }, isMember: true }), 'participant'],
  ['a member at a lobby for all', factsWith({ policy: { lobby: 'all' }, isMember: true }), 'lobby'],
  ['a host at it', factsWith({ policy: { lobby: 'all' }, ...host }), 'host'],
  [
    'an invite that goes past it',
    factsWith({ policy: { lobby: 'all' }, invite: { lobbyBypass: true } }),
    'participant',
  ],
  ['a lock with a lobby', factsWith({ policy: { lobby: 'guests', locked: true } }), 'lobby'],
  [
    'a lock with a lobby, for members and past the lobby too',
    factsWith({
      policy: { lobby: 'guests', locked: true },
      invite: { lobbyBypass: true },
      isMember: true,
    }),
    'lobby',
  ],
  ['a fresh browser after a block', factsWith({ block: 'lobby' }), 'lobby'],
  [
    'a locked door after a block',
    factsWith({ block: 'lobby', policy: { locked: true } }),
    'meeting_locked',
  ],
  ['no account', factsWith({ policy: { guests: false } }), 'login_required'],
  ['an account', factsWith({ policy: { guests: false }, isMember: true }), 'participant'],
  ['no passcode', factsWith({ policy: { has_passcode: true } }), 'passcode_required'],
  [
    'the passcode',
    factsWith({ policy: { has_passcode: true }, passcodeShown: true }),
    'participant',
  ],
  [
    'the passcode after too many tries',
    factsWith({ policy: { has_passcode: true }, passcodeShown: true, passcodeTried: true }),
    'lobby',
  ],
  ['a host needs no passcode', factsWith({ policy: { has_passcode: true }, ...host }), 'host'],
  ['recorded, informed', factsWith({ recorded: 'inform' }), 'participant'],
  ['recorded, no consent', factsWith({ recorded: 'ask_each' }), 'consent_required'],
  [
    'recorded by the rule with which that began, whatever the meeting has now',
    factsWith({
      recorded: 'all_must_accept',
      policy: { recording: { consent: 'inform', auto: false } },
    }),
    'consent_required',
  ],
  ['who says no is left out', factsWith({ recorded: 'ask_each', consented: false }), 'participant'],
  [
    'who says no where all must accept',
    factsWith({ recorded: 'all_must_accept', consented: false }),
    'consent_required',
  ],
  ['a host is asked in the room', factsWith({ recorded: 'all_must_accept', ...host }), 'host'],
  [
    'will be recorded, no consent',
    factsWith({ policy: { recording: { consent: 'all_must_accept', auto: true } } }),
    'consent_required',
  ],
  [
    'will be recorded, with consent',
    factsWith({
      policy: { recording: { consent: 'all_must_accept', auto: true } },
      consented: true,
    }),
    'participant',
  ],
  [
    'no host yet, but a lobby to wait in',
    factsWith({ policy: { join_before_host: false, lobby: 'all' } }),
    'lobby',
  ],
  ['a viewer', factsWith({ invite: { role: 'viewer' } }), 'viewer'],
];

for (const [name, facts, expected] of cases) {
  t.test(name, async (t) => {
    const decision = decideJoin(facts);
    const shown =
      decision.outcome === 'refused'
        ? decision.code
        : decision.outcome === 'lobby'
          ? 'lobby'
          : decision.role;
    t.equal(shown, expected);
  });
}

t.test('names lose what hides or turns text around', async (t) => {
  t.equal(cleanName('  Ada \t Lovelace '), 'Ada Lovelace');
  t.equal(cleanName('evil\u202Etxt.exe\u200B'), 'eviltxt.exe');
  t.equal(cleanName('e\u0301'), '\u00e9');
  t.throws(() => cleanName(' \u200F\u0000 '), { code: 'bad_request' });
});
