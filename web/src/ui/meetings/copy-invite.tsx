import type { Meeting } from '../../../../client/src/index.js';
import { participantLink } from '../../session/meeting-links.js';
import { spanText, zoneText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { CopyButton } from '../site/copy-button.js';

/** The text to send to others: what, when, where. */
export function CopyInvite({ meeting }: { meeting: Meeting }) {
  const { api } = useClient();
  const title = meeting.title || text('meeting.untitled');
  const invitation = async () => invitationOf(meeting, await participantLink(api, meeting));
  return (
    <CopyButton
      value={invitation}
      label={text('meeting.copyInvite')}
      accessibleName={text('meeting.named', { action: text('meeting.copyInvite'), title })}
    />
  );
}

function invitationOf(meeting: Meeting, link: string): string {
  const { starts_at, ends_at, time_zone } = meeting;
  const lines = [meeting.title || text('meeting.untitled')];
  if (starts_at && ends_at) {
    const zone = time_zone ?? 'UTC';
    lines.push(`${spanText(starts_at, ends_at, zone)}, ${zoneText(zone)}`);
  }
  lines.push(link);
  if (meeting.passcode) lines.push(text('meeting.passcodeIs', { passcode: meeting.passcode }));
  return lines.join('\n');
}
