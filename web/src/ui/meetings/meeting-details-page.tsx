import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { Link } from 'react-aria-components';
import type { Meeting, User } from '../../../../client/src/index.js';
import { changeOf, draftOf } from '../../session/meeting-draft.js';
import { MeetingRecord } from '../../session/meeting-record.js';
import { browserZone } from '../../session/zones.js';
import { errorText, text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { Section } from '../site/section.js';
import { SitePage } from '../site/site-page.js';
import { useDraft } from '../site/use-draft.js';
import { useStore } from '../use-store.js';
import { CopyInvite } from './copy-invite.js';
import { DangerSection } from './danger-section.js';
import { InvitesSection } from './invites-section.js';
import { MeetingForm } from './meeting-form.js';
import { StartButton } from './meeting-row.js';
import { MeetingTime } from './meeting-time.js';

const RecordingsSection = lazy(() => import('../recordings/recordings-section.js'));

/** Everything about one meeting of one's own. */
export function MeetingDetailsPage({ meetingId, user }: { meetingId: string; user: User }) {
  const { api } = useClient();
  const [record] = useState(() => new MeetingRecord(api, meetingId));
  const state = useStore(record.store, (value) => value);
  useEffect(() => void record.read(), [record]);
  if (state.phase === 'ready') {
    return <Details record={record} meeting={state.meeting} user={user} />;
  }
  const isLoading = state.phase === 'loading';
  return (
    <SitePage title={isLoading ? text('site.loading') : errorText(state.code)}>
      {!isLoading && (
        <Link className="button" href="/">
          {text('dashboard.back')}
        </Link>
      )}
    </SitePage>
  );
}

interface DetailsProps {
  record: MeetingRecord;
  meeting: Meeting;
  user: User;
}

function Details({ record, meeting, user }: DetailsProps) {
  const isOver = meeting.ended_at !== null;
  const calendar = `/v1/meetings/${encodeURIComponent(meeting.meeting_id)}/calendar.ics`;
  return (
    <SitePage
      title={meeting.title || text('meeting.untitled')}
      back={{ href: '/', label: text('dashboard.back') }}
      actions={
        !isOver && (
          <>
            <StartButton meeting={meeting} />
            <CopyInvite meeting={meeting} />
            {meeting.starts_at && (
              <a className="button" href={calendar} download>
                {text('meeting.calendar')}
              </a>
            )}
          </>
        )
      }
    >
      <div className="meeting-facts">
        {meeting.is_live && <span className="chip live">{text('meeting.live')}</span>}
        <MeetingTime meeting={meeting} />
        {meeting.description && (
          <p className="prose">
            <bdi>{meeting.description}</bdi>
          </p>
        )}
      </div>
      {!isOver && <EditSection record={record} meeting={meeting} user={user} />}
      {!isOver && <InvitesSection meetingId={meeting.meeting_id} />}
      <Suspense>
        <RecordingsSection meetingId={meeting.meeting_id} />
      </Suspense>
      <DangerSection record={record} meeting={meeting} />
    </SitePage>
  );
}

function EditSection({ record, meeting, user }: DetailsProps) {
  const zone = user.time_zone ?? browserZone();
  const [draft, setDraft] = useDraft(useMemo(() => draftOf(meeting, zone), [meeting, zone]));
  const save = async () => {
    const change = changeOf(meeting, draft);
    if (Object.keys(change).length > 0) await record.save(change);
  };
  return (
    <Section title={text('schedule.edit')}>
      <MeetingForm
        draft={meeting.kind === 'scheduled' ? draft : { ...draft, kind: 'persistent' }}
        onDraft={setDraft}
        onSubmit={save}
        label={text('form.save')}
        done={text('form.saved')}
      />
    </Section>
  );
}
