import { useState } from 'react';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { SitePage } from '../site/site-page.js';
import { Toggle } from '../site/toggle.js';
import { useStore } from '../use-store.js';
import { RecordingList } from './recording-list.js';
import { useRecordings } from './use-recordings.js';

/** One's own recordings; administrators may look at all that there are. */
export function RecordingsPage() {
  const recordings = useRecordings();
  const { account } = useClient();
  const state = useStore(account.store, (value) => value);
  const isAdmin = 'user' in state && state.user.is_admin;
  const [isAll, setIsAll] = useState(false);
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
      {isAdmin && <Toggle label={text('recordings.everybody')} isOn={isAll} onChange={setIsAll} />}
      <div className="framed">
        <RecordingList
          key={String(isAll)}
          load={(cursor) => recordings.list(isAll, cursor)}
          empty={empty}
        />
      </div>
    </SitePage>
  );
}
