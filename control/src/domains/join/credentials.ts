import { createHash, timingSafeEqual } from 'node:crypto';
import { SharedLimit, type SharedLimitContext } from '../../bus/shared-limit.js';
import { ControlError } from '../../control-error.js';
import type { Owners } from '../../fleet/elsewhere.js';
import { networkOf } from '../../network-of.js';
import type { Principal } from '../../principal.js';
import type { WindowLimit } from '../../token-bucket.js';
import type { MeetingDoor, MeetingRecord } from '../meetings/service.js';
import type { Credential } from './policy.js';

/** What somebody typed or has in a link. `code` or `meetingId` says which meeting they mean. */
export interface Shown {
  code?: string | undefined;
  meetingId?: string | undefined;
  secret?: string | undefined;
  passcode?: string | undefined;
}

/** A credential that opened a meeting, and what is known through it. */
export interface Opened {
  meeting: MeetingRecord;
  credential: Credential;
  inviteId: string | null;
  isPersonalInvite: boolean;
  passcodeShown: boolean;
  passcodeTried: boolean;
}

export interface PasscodeLimits {
  /** Of one address in one meeting. */
  perAddress: WindowLimit;
  /** Of everybody in one meeting: from then on the passcode leads to the lobby only. */
  perMeeting: WindowLimit;
}

/** Reads what is shown at the door. */
export class Credentials {
  private readonly byAddress: SharedLimit;
  private readonly byMeeting: SharedLimit;

  constructor(
    private readonly door: MeetingDoor,
    limits: PasscodeLimits,
    private readonly context: SharedLimitContext & { owners: Owners },
  ) {
    this.byAddress = new SharedLimit('passcode-address', limits.perAddress, context);
    this.byMeeting = new SharedLimit('passcode-meeting', limits.perMeeting, context);
  }

  /**
   * Null, whatever is wrong: no such meeting, a wrong secret, a wrong passcode without a secret.
   * @throws ControlError `rate_limited` after too many wrong passcodes of one address; Elsewhere when
   *   another process has the room, before anything is counted.
   */
  async open(shown: Shown, principal: Principal, address: string): Promise<Opened | null> {
    const attempts = `${shown.code ?? shown.meetingId} ${networkOf(address)}`;
    if (shown.passcode !== undefined) checkAttempts(await this.byAddress.wait(attempts));
    const found = await this.find(shown, principal);
    if (found !== null) await this.context.owners.check(found.meeting.meetingId);
    // Again, and nothing else runs until it is counted: of many at once no more are looked at.
    if (shown.passcode !== undefined) checkAttempts(this.byAddress.waitHere(attempts));
    if (found === null) {
      if (shown.passcode !== undefined) await this.byAddress.take(attempts);
      return null;
    }
    const typed = (shown.passcode ?? '').normalize('NFC');
    const right = isSame(typed, this.door.passcodeOf(found.meeting) ?? '');
    const passcodeShown = shown.passcode !== undefined && right;
    const { meetingId } = found.meeting;
    if (shown.passcode !== undefined && !right && found.meeting.policy.has_passcode) {
      await Promise.all([this.byAddress.take(attempts), this.byMeeting.take(meetingId)]);
    }
    const passcodeTried = passcodeShown && (await this.byMeeting.wait(meetingId)) > 0;
    const { byPasscode, ...opened } = found;
    if (byPasscode && !passcodeShown) return null;
    return { ...opened, passcodeShown, passcodeTried };
  }

  private async find(shown: Shown, principal: Principal) {
    const { code, meetingId, secret } = shown;
    const link =
      code === undefined
        ? await this.door.byId(meetingId ?? '', secret ?? null)
        : await this.door.byCode(code, secret ?? null);
    if (link === null) return null;
    const { meeting, invite } = link;
    const owns = 'userId' in principal && meeting.hostId === principal.userId;
    if (owns) return { meeting, credential: ownerCredential, ...noInvite, byPasscode: false };
    if (invite === null) {
      // Without a secret only the passcode opens, and a meeting without one has none to show.
      const hasPasscode = meeting.passcodeSealed !== null && shown.passcode !== undefined;
      if (secret !== undefined || !hasPasscode) return null;
      return { meeting, credential: participantCredential, ...noInvite, byPasscode: true };
    }
    const isPersonalInvite = invite.maxUses === 1;
    const { inviteId } = invite;
    return { meeting, credential: invite, inviteId, isPersonalInvite, byPasscode: false };
  }
}

const noInvite = { inviteId: null, isPersonalInvite: false };
const always = { expiresAt: null, maxUses: null, uses: 0, lobbyBypass: false };
const ownerCredential: Credential = { role: 'host', ...always };
const participantCredential: Credential = { role: 'participant', ...always };

function checkAttempts(waitMs: number): void {
  if (waitMs === 0) return;
  throw new ControlError('rate_limited', 'Too many wrong passcodes.', { retryAfterMs: waitMs });
}

/** However they are composed; in a time that does not tell how much of it was right. */
function isSame(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text.normalize('NFC')).digest();
  return timingSafeEqual(hash(one), hash(other));
}
