import { Button } from 'react-aria-components';
import type { EndReason } from '../protocol/signaling.js';
import type { Entry } from '../session/entry.js';
import { errorCodesWorthARetry } from '../session/entry.js';
import { errorText, text } from '../strings/index.js';
import { Brand } from './brand.js';
import { PrejoinPage } from './prejoin-page.js';
import { Room } from './room.js';
import { useStore } from './use-store.js';

/** The one address of a meeting through all its phases. */
export function MeetingPage({ entry }: { entry: Entry }) {
  const state = useStore(entry.store, (value) => value);
  switch (state.phase) {
    case 'checking':
      return <Notice title={text('prejoin.checking')} isBusy />;
    case 'refused': {
      const canRetry = errorCodesWorthARetry.includes(state.code);
      return (
        <Notice title={errorText(state.code)} isAlert>
          {canRetry && <Again label={text('prejoin.again')} entry={entry} />}
        </Notice>
      );
    }
    case 'ready':
      return <PrejoinPage entry={entry} state={state} />;
    case 'inside':
      return (
        <Room
          stay={state.stay}
          settings={entry.settings}
          title={state.title || text('meeting.untitled')}
        />
      );
    case 'over':
      return <OverPage entry={entry} reason={state.reason} />;
  }
}

const comesBack: readonly EndReason[] = ['left', 'seat_lost', 'replaced'];

function OverPage({ entry, reason }: { entry: Entry; reason: EndReason }) {
  return (
    <Notice title={text(`over.${reason}`)} detail={text(`over.${reason}Text`)} isAlert>
      {comesBack.includes(reason) && <Again label={text('over.rejoin')} entry={entry} />}
    </Notice>
  );
}

function Again({ label, entry }: { label: string; entry: Entry }) {
  return (
    <Button className="button primary" onPress={() => entry.check()}>
      {label}
    </Button>
  );
}

interface NoticeProps {
  title: string;
  detail?: string;
  isBusy?: boolean;
  isAlert?: boolean;
  children?: React.ReactNode;
}

function Notice({ title, detail, isBusy = false, isAlert = false, children }: NoticeProps) {
  return (
    <div className="page">
      <Brand />
      <main className="notice-page" aria-busy={isBusy}>
        {isBusy && <span className="spinner" aria-hidden="true" />}
        <div role={isAlert ? 'alert' : 'status'}>
          <h1>{title}</h1>
          {detail && <p className="lead">{detail}</p>}
        </div>
        {!isBusy && (
          <div className="notice-actions">
            {children}
            <a className="button" href="/">
              {text('prejoin.home')}
            </a>
          </div>
        )}
      </main>
    </div>
  );
}
