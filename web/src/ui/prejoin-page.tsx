import type { Entry, Ready } from '../session/entry.js';
import { text } from '../strings/index.js';
import { Brand } from './brand.js';
import { DevicePickers } from './device-pickers.js';
import { JoinForm } from './join-form.js';
import { MicrophoneMeter } from './microphone-meter.js';
import { Preview } from './preview.js';

export function PrejoinPage({ entry, state }: { entry: Entry; state: Ready }) {
  const { meeting } = state;
  const isRecorded = meeting.recording_active || meeting.recording_consent !== null;
  return (
    <div className="page">
      <Brand />
      <main className="prejoin">
        <section className="prejoin-preview" aria-label={text('prejoin.devices')}>
          <Preview local={entry.local} />
          <MicrophoneMeter local={entry.local} />
          <DevicePickers local={entry.local} retriesFailed />
        </section>
        <section className="prejoin-form">
          <div>
            <p className="overline">{text('prejoin.title')}</p>
            <h1>
              <bdi>{meeting.title || text('meeting.untitled')}</bdi>
            </h1>
            <p className="muted">
              {text(meeting.host_present ? 'prejoin.hostPresent' : 'prejoin.hostAbsent')}
            </p>
            {meeting.lobby && <p className="muted">{text('prejoin.lobby')}</p>}
            {isRecorded && <p className="muted">{text('prejoin.recording')}</p>}
          </div>
          <JoinForm entry={entry} state={state} />
        </section>
      </main>
    </div>
  );
}
