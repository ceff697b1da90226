import { text } from '../../strings/index.js';
import { SitePage } from '../site/site-page.js';
import { RecordingList } from './recording-list.js';
import { useRecordings } from './use-recordings.js';

/** One's own recordings; an administrator's are all there are. */
export function RecordingsPage() {
  const recordings = useRecordings();
  const empty = (
    <>
      <p>{text('recordings.none')}</p>
      <p className="muted">{text('recordings.noneHint')}</p>
    </>
  );
  return (
    <SitePage
      title={text('recordings.title')}
      shape="wide"
      back={{ href: '/', label: text('dashboard.back') }}
    >
      <div className="framed">
        <RecordingList load={(cursor) => recordings.list(cursor)} empty={empty} />
      </div>
    </SitePage>
  );
}
