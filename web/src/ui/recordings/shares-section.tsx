import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { Share } from '../../../../client/src/index.js';
import { dateTimeText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { MadeList } from '../site/made-list.js';
import { Section } from '../site/section.js';
import { useAct } from '../site/use-act.js';
import { usePagedList } from '../site/use-paged-list.js';
import { ShareDialog } from './share-dialog.js';
import { useRecordings } from './use-recordings.js';

/** Links for people without an account, each of which can be taken back. */
export function SharesSection({ recordingId }: { recordingId: string }) {
  const recordings = useRecordings();
  const list = usePagedList((cursor) => recordings.shares(recordingId, cursor));
  const { problem, act } = useAct();
  const [told, setTold] = useState('');
  const revoke = ({ share_id }: Share) =>
    act(async () => {
      await recordings.revokeShare(recordingId, share_id);
      list.filter((share) => share.share_id !== share_id);
      setTold(text('shares.revoked'));
    });
  return (
    <Section title={text('shares.title')} lead={text('shares.lead')}>
      <p role="status" className="form-done">
        {told}
      </p>
      <MadeList
        list={list}
        empty={text('shares.none')}
        make={text('shares.new')}
        dialog={(close) => <ShareDialog recordingId={recordingId} onClose={close} />}
        problem={problem}
      >
        {(share) => <ShareRow key={share.share_id} share={share} onRevoke={() => revoke(share)} />}
      </MadeList>
    </Section>
  );
}

function ShareRow({ share, onRevoke }: { share: Share; onRevoke: () => void }) {
  const { created_at, expires_at, has_passcode } = share;
  const made = text('shares.made', { time: dateTimeText(created_at) });
  const label = text('account.revoke');
  return (
    <li className="row">
      <div>
        <p>{text('account.keyUntil', { date: dateTimeText(expires_at) })}</p>
        <p className="hint node-counts">
          <span>{text(has_passcode ? 'shares.withPasscode' : 'shares.withoutPasscode')}</span>
          <span>{made}</span>
        </p>
      </div>
      <Button
        className="text-button danger"
        aria-label={text('meeting.named', { action: label, title: made })}
        onPress={onRevoke}
      >
        {label}
      </Button>
    </li>
  );
}
