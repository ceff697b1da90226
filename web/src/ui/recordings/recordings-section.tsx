import { text } from '../../strings/index.js';
import { Section } from '../site/section.js';
import { RecordingList } from './recording-list.js';
import { useRecordings } from './use-recordings.js';

/** What was recorded of one meeting; its hosts. */
export default function RecordingsSection({ meetingId }: { meetingId: string }) {
  const recordings = useRecordings();
  return (
    <Section title={text('recordings.title')}>
      <RecordingList
        load={(cursor) => recordings.ofMeeting(meetingId, cursor)}
        empty={<p>{text('recordings.noneOf')}</p>}
      />
    </Section>
  );
}
