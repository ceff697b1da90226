import { Button } from 'react-aria-components';
import type { Meeting } from '../session/meeting.js';
import type { Waiting } from '../session/meeting-state.js';
import { text } from '../strings/index.js';
import { Brand } from './brand.js';
import { MicrophoneMeter } from './microphone-meter.js';
import { Preview } from './preview.js';
import { Waited } from './room/waited.js';
import { useStore } from './use-store.js';

/** In the lobby, for as long as it takes: there is no time-out. */
export function WaitingPage(props: { stay: Meeting; title: string; waiting: Waiting }) {
  const { stay, title, waiting } = props;
  const isReconnecting = useStore(
    stay.store,
    ({ connection, offline }) => connection === 'reconnecting' || offline,
  );
  return (
    <div className="page">
      <Brand />
      <main className="prejoin">
        <section className="prejoin-preview" aria-label={text('prejoin.devices')}>
          <Preview local={stay.local} />
          <MicrophoneMeter local={stay.local} />
        </section>
        <section className="prejoin-form waiting">
          <div role="status">
            <p className="overline">
              <bdi>{title}</bdi>
            </p>
            <h1>{text('waiting.title')}</h1>
            <p className="muted">{text('waiting.text')}</p>
          </div>
          <Facts waiting={waiting} />
          <HostMessage message={waiting.message} />
          <p role="alert" className="form-error">
            {isReconnecting && text('room.reconnectingBanner')}
          </p>
          <Button className="button waiting-leave" onPress={stay.leave}>
            {text('tool.leave')}
          </Button>
        </section>
      </main>
    </div>
  );
}

function Facts({ waiting: { since, position } }: { waiting: Waiting }) {
  return (
    <dl className="facts">
      <div>
        <dt>{text('waiting.since')}</dt>
        <dd>
          <Waited since={since} />
        </dd>
      </div>
      {position !== undefined && (
        <div>
          <dt>{text('waiting.position')}</dt>
          <dd>{text('waiting.number', { position })}</dd>
        </div>
      )}
    </dl>
  );
}

function HostMessage({ message }: { message: string | undefined }) {
  return (
    <div role="status">
      {message !== undefined && (
        <figure className="host-message">
          <figcaption>{text('waiting.message')}</figcaption>
          <blockquote dir="auto">{message}</blockquote>
        </figure>
      )}
    </div>
  );
}
