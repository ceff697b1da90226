import type { Page } from '../../session/pages.js';
import { PlaybackPage } from './playback-page.js';
import { RecordingsPage } from './recordings-page.js';

/** The pages of recordings of those who are logged in. */
export default function RecordingPages({ page }: { page: Page }) {
  if (page.name === 'recording') return <PlaybackPage recordingId={page.recordingId} />;
  return <RecordingsPage />;
}
