import { lazy } from 'react';
import type { User } from '../../../client/src/index.js';
import type { Page } from '../session/pages.js';
import { AccountPage } from './account/account-page.js';
import { DashboardPage } from './meetings/dashboard-page.js';
import { MeetingDetailsPage } from './meetings/meeting-details-page.js';
import { NewMeetingPage } from './meetings/new-meeting-page.js';

/** Few people are administrators. */
const AdminPage = lazy(() => import('./nodes/admin-pages.js'));
const RecordingPages = lazy(() => import('./recordings/recordings-pages.js'));

/** The pages of those who are logged in. */
export default function MemberPage({ page, user }: { page: Page; user: User }) {
  switch (page.name) {
    case 'account':
      return <AccountPage user={user} />;
    case 'newMeeting':
      return <NewMeetingPage user={user} />;
    case 'meeting':
      return <MeetingDetailsPage meetingId={page.meetingId} user={user} />;
    case 'nodes':
    case 'node':
      return <AdminPage page={page} user={user} />;
    case 'recordings':
    case 'recording':
      return <RecordingPages page={page} />;
    default:
      return <DashboardPage />;
  }
}
