import { useState } from 'react';
import { Button, Link, Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { byEnd, byNeed, meetingPages } from '../../session/agenda.js';
import { addressIn } from '../../session/meeting-links.js';
import { newId } from '../../session/new-id.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { Icon } from '../icons.js';
import { LinkForm } from '../link-form.js';
import { ListView } from '../site/list-view.js';
import { Problem } from '../site/problem.js';
import { SitePage } from '../site/site-page.js';
import { useAct } from '../site/use-act.js';
import { usePagedList } from '../site/use-paged-list.js';
import { MeetingRow } from './meeting-row.js';

/** What somebody who is logged in begins with. */
export function DashboardPage() {
  return (
    <SitePage title={text('dashboard.title')} shape="wide" actions={<Actions />}>
      <Tabs className="tabs">
        <TabList className="tab-list" aria-label={text('dashboard.title')}>
          <Tab id="open" className="tab">
            {text('dashboard.open')}
          </Tab>
          <Tab id="ended" className="tab">
            {text('dashboard.ended')}
          </Tab>
        </TabList>
        <TabPanel id="open" className="tab-panel">
          <MeetingList when="open" />
        </TabPanel>
        <TabPanel id="ended" className="tab-panel">
          <MeetingList when="ended" />
        </TabPanel>
      </Tabs>
    </SitePage>
  );
}

function MeetingList({ when }: { when: 'open' | 'ended' }) {
  const { api } = useClient();
  const list = usePagedList(meetingPages(api, when));
  const empty = (
    <>
      <p>{text(`dashboard.none.${when}`)}</p>
      {when === 'open' && <p className="muted">{text('dashboard.noneHint')}</p>}
    </>
  );
  return (
    <ListView
      list={list}
      empty={empty}
      order={(items) => (when === 'open' ? byNeed(items, Date.now()) : byEnd(items))}
    >
      {(meeting) => <MeetingRow key={meeting.meeting_id} meeting={meeting} />}
    </ListView>
  );
}

function Actions() {
  const { api, pages } = useClient();
  const { isBusy, problem, act } = useAct();
  const [asksForLink, setAsksForLink] = useState(false);
  const start = () =>
    act(async () => {
      const { participant_link } = await api.createMeeting(newId());
      pages.load(addressIn(participant_link));
    });
  return (
    <>
      <Button className="button primary" aria-disabled={isBusy} onPress={start}>
        <Icon name="plus" />
        {text('dashboard.now')}
      </Button>
      <Link className="button" href="/meetings/new">
        <Icon name="calendar" />
        {text('dashboard.schedule')}
      </Link>
      <Button
        className="button"
        aria-expanded={asksForLink}
        onPress={() => setAsksForLink(!asksForLink)}
      >
        <Icon name="link" />
        {text('landing.join')}
      </Button>
      {asksForLink && <LinkForm />}
      <Problem {...problem} />
    </>
  );
}
