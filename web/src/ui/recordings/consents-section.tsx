import type { Consent, Recording } from '../../../../client/src/index.js';
import { dateTimeText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { ListView } from '../site/list-view.js';
import { Section } from '../site/section.js';
import { usePagedList } from '../site/use-paged-list.js';
import { useStore } from '../use-store.js';
import { useRecordings } from './use-recordings.js';

/** Who was asked, or told, when, and what they said; for those who may know. */
export function ConsentsSection({ recording }: { recording: Recording }) {
  const recordings = useRecordings();
  const list = usePagedList((cursor) => recordings.consents(recording.recording_id, cursor));
  const isAsked = recording.consent !== 'inform';
  const isHidden = useStore(list.store, ({ code }) => code === 'forbidden');
  if (isHidden) return null;
  return (
    <Section
      title={text('consents.title')}
      lead={text(isAsked ? 'consents.lead' : 'consents.leadTold')}
    >
      <ListView list={list} empty={<p>{text('consents.none')}</p>}>
        {(consent) => (
          <ConsentRow key={consent.participant_id} consent={consent} isAsked={isAsked} />
        )}
      </ListView>
    </Section>
  );
}

function ConsentRow({ consent, isAsked }: { consent: Consent; isAsked: boolean }) {
  const { name, accepted, asked_at, answered_at } = consent;
  const time = dateTimeText(asked_at);
  return (
    <li className="row">
      <div>
        <p className="row-title">
          <bdi>{name}</bdi>
        </p>
        <p className="hint node-counts">
          <span>{text(isAsked ? 'consents.asked' : 'consents.told', { time })}</span>
          {answered_at && (
            <span>{text('consents.answered', { time: dateTimeText(answered_at) })}</span>
          )}
        </p>
      </div>
      {isAsked && <span className="chip">{text(answerKey(accepted))}</span>}
    </li>
  );
}

function answerKey(accepted: boolean | null) {
  if (accepted === null) return 'consents.open';
  return accepted ? 'consents.yes' : 'consents.no';
}
