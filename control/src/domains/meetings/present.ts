import { isoTime } from '../../clock.js';
import type { Invite, Meeting } from '../../schemas/http.js';
import type { ListedInvite } from './invites-repository.js';
import type { MeetingRecord } from './repository.js';

/** What a meeting's row does not say. */
export interface Shown {
  passcode: string | null;
  isLive: boolean;
}

/** As hosts see it. */
export function presentMeeting(meeting: MeetingRecord, { passcode, isLive }: Shown): Meeting {
  return {
    meeting_id: meeting.meetingId,
    code: meeting.code,
    title: meeting.title,
    description: meeting.description,
    kind: meeting.kind,
    host_id: meeting.hostId,
    starts_at: timeOf(meeting.startsAt),
    ends_at: timeOf(meeting.endsAt),
    time_zone: meeting.timeZone,
    policy: meeting.policy,
    passcode,
    is_live: isLive,
    started_at: timeOf(meeting.startedAt),
    ended_at: timeOf(meeting.endedAt),
    created_at: isoTime(meeting.createdAt.getTime()),
  };
}

export function presentInvite(invite: ListedInvite): Invite {
  return {
    invite_id: invite.inviteId,
    role: invite.role,
    expires_at: timeOf(invite.expiresAt),
    max_uses: invite.maxUses,
    uses: invite.uses,
    lobby_bypass: invite.lobbyBypass,
    created_at: isoTime(invite.createdAt.getTime()),
  };
}

function timeOf(at: Date | null): string | null {
  return at === null ? null : isoTime(at.getTime());
}
