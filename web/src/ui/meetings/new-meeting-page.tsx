import { useRef, useState } from 'react';
import { Link } from 'react-aria-components';
import type { User } from '../../../../client/src/index.js';
import { emptyDraft, newMeetingOf } from '../../session/meeting-draft.js';
import { RepeatKey } from '../../session/repeat-key.js';
import { browserZone } from '../../session/zones.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { SitePage } from '../site/site-page.js';
import { MeetingForm } from './meeting-form.js';

export function NewMeetingPage({ user }: { user: User }) {
  const { api, pages } = useClient();
  const repeat = useRef(new RepeatKey());
  const [draft, setDraft] = useState(() => emptyDraft(user.time_zone ?? browserZone()));
  const submit = async () => {
    const body = newMeetingOf(draft);
    const made = await api.call('POST /v1/meetings', { body, key: repeat.current.of(body) });
    pages.replace(`/meetings/${made.meeting.meeting_id}`);
  };
  return (
    <SitePage title={text('schedule.title')}>
      <div className="card">
        <MeetingForm
          draft={draft}
          onDraft={setDraft}
          onSubmit={submit}
          label={text('schedule.submit')}
          canChooseKind
          actions={
            <Link className="button" href="/">
              {text('form.cancel')}
            </Link>
          }
        />
      </div>
    </SitePage>
  );
}
