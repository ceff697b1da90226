import { Button, Link } from 'react-aria-components';
import type { Meeting } from '../../../../client/src/index.js';
import { addressIn, participantLink } from '../../session/meeting-links.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { Problem } from '../site/problem.js';
import { useAct } from '../site/use-act.js';
import { CopyInvite } from './copy-invite.js';
import { MeetingTime } from './meeting-time.js';

/** One meeting in a list: its name leads to all about it. */
export function MeetingRow({ meeting }: { meeting: Meeting }) {
  const title = meeting.title || text('meeting.untitled');
  const isOver = meeting.ended_at !== null;
  return (
    <li className="row meeting-row">
      <div>
        <p className="row-title">
          <Link href={`/meetings/${meeting.meeting_id}`}>
            <bdi>{title}</bdi>
          </Link>
          {meeting.is_live && <span className="chip live">{text('meeting.live')}</span>}
        </p>
        <MeetingTime meeting={meeting} />
      </div>
      {!isOver && (
        <div className="row-actions">
          <CopyInvite meeting={meeting} />
          <StartButton meeting={meeting} />
        </div>
      )}
    </li>
  );
}

/** Into the meeting, as its host: the account is that by any link. */
export function StartButton({ meeting }: { meeting: Meeting }) {
  const { api, pages } = useClient();
  const { isBusy, problem, act } = useAct();
  const title = meeting.title || text('meeting.untitled');
  const label = text(meeting.is_live ? 'meeting.join' : 'meeting.start');
  const go = () => act(async () => pages.load(addressIn(await participantLink(api, meeting))));
  return (
    <>
      <Button
        className="button primary"
        aria-label={text('meeting.named', { action: label, title })}
        aria-disabled={isBusy}
        onPress={go}
      >
        {label}
      </Button>
      <Problem {...problem} />
    </>
  );
}
