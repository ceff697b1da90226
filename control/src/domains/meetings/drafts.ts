import type { KeyRing } from '../../keys/key-ring.js';
import type { MeetingChange, NewMeeting } from '../../schemas/http.js';
import type { PolicyChange } from '../../schemas/values.js';
import { defaultPolicy } from './default-policy.js';
import { sealPasscode } from './passcode.js';
import type { MeetingRecord } from './repository.js';
import { reschedule } from './schedule.js';
import { checkTimeZone, cleanDescription, cleanTitle } from './wording.js';

type Identity = Pick<MeetingRecord, 'meetingId' | 'code' | 'hostId' | 'createdAt'>;

/** @throws ControlError `bad_request`. */
export function newMeeting(identity: Identity, wanted: NewMeeting, keys: KeyRing): MeetingRecord {
  const blank: MeetingRecord = {
    ...identity,
    kind: wanted.kind ?? 'instant',
    title: '',
    description: null,
    policy: defaultPolicy,
    startsAt: null,
    endsAt: null,
    timeZone: null,
    passcodeSealed: null,
    startedAt: null,
    endedAt: null,
    version: 1,
  };
  return changed(blank, wanted, keys);
}

/** The meeting with a change: absent stays, null clears. @throws ControlError `bad_request`. */
export function changed(
  before: MeetingRecord,
  change: MeetingChange,
  keys: KeyRing,
): MeetingRecord {
  const { title, description, time_zone, policy = {} } = change;
  if (typeof time_zone === 'string') checkTimeZone(time_zone);
  return {
    ...before,
    ...reschedule(before.kind, before, change),
    ...withPolicy(before, policy, keys),
    title: title === undefined ? before.title : cleanTitle(title),
    description: description === undefined ? before.description : textOf(description),
    timeZone: time_zone === undefined ? before.timeZone : time_zone,
  };
}

function textOf(typed: string | null): string | null {
  return typed === null ? null : cleanDescription(typed);
}

/** The passcode is kept apart from the rest: sealed, and told to hosts alone. */
function withPolicy(
  { meetingId, policy, passcodeSealed }: MeetingRecord,
  { passcode, ...change }: PolicyChange,
  keys: KeyRing,
): Pick<MeetingRecord, 'policy' | 'passcodeSealed'> {
  const sealed = typeof passcode === 'string' ? sealPasscode(keys, meetingId, passcode) : null;
  const kept = passcode === undefined ? passcodeSealed : sealed;
  return {
    policy: { ...policy, ...change, has_passcode: kept !== null },
    passcodeSealed: kept,
  };
}
