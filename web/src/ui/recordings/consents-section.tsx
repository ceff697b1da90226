import type { Consent } from '../../../../client/src/index.js';
import { dateTimeText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { ListView } from '../site/list-view.js';
import { Section } from '../site/section.js';
import { usePagedList } from '../site/use-paged-list.js';
import { useStore } from '../use-store.js';
import { useRecordings } from './use-recordings.js';

/** Who was asked, when, and what they said; where it is told. */
export function ConsentsSection({ recordingId }: { recordingId: string }) {
  const recordings = useRecordings();
  const list = usePagedList((cursor) => recordings.consents(recordingId, cursor));
  const isHidden = useStore(list.store, ({ code }) => code === 'forbidden');
  if (isHidden) return null;
  return (
    <Section title={text('consents.title')} lead={text('consents.lead')}>
      <ListView list={list} empty={<p>{text('consents.none')}</p>}>
        {(consent) => <ConsentRow key={consent.participant_id} consent={consent} />}
      </ListView>
    </Section>
  );
}

function ConsentRow({ consent }: { consent: Consent }) {
  const { name, accepted, asked_at, answered_at } = consent;
  return (
    <li className="row">
      <div>
        <p className="row-title">
          <bdi>{name}</bdi>
        </p>
        <p className="hint node-counts">
          <span>{text('consents.asked', { time: dateTimeText(asked_at) })}</span>
          {answered_at && (
            <span>{text('consents.answered', { time: dateTimeText(answered_at) })}</span>
          )}
        </p>
      </div>
      <span className="chip">{text(answerKey(accepted))}</span>
    </li>
  );
}

function answerKey(accepted: boolean | null) {
  if (accepted === null) return 'consents.open';
  return accepted ? 'consents.yes' : 'consents.no';
}
