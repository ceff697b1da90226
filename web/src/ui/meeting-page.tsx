import { type FormEvent, useState } from 'react';
import { Button, Form } from 'react-aria-components';
import type { Entry, EntryState } from '../session/entry.js';
import { errorCodesWorthARetry } from '../session/entry.js';
import { errorText, text } from '../strings/index.js';
import { Brand } from './brand.js';
import { PasscodeField } from './join-form.js';
import { PrejoinPage } from './prejoin-page.js';
import { ReloadIfAsked } from './reload-button.js';
import { Room } from './room/room.js';
import { useStore } from './use-store.js';
import { WaitingPage } from './waiting-page.js';

/** The one address of a meeting through all its phases. */
export function MeetingPage({ entry }: { entry: Entry }) {
  const state = useStore(entry.store, (value) => value);
  switch (state.phase) {
    case 'checking':
      return <Notice title={text('prejoin.checking')} isBusy />;
    case 'refused': {
      const canRetry = errorCodesWorthARetry.includes(state.code);
      return (
        <Notice
          title={errorText(state.code)}
          form={state.asksPasscode && <PasscodeForm entry={entry} />}
          isAlert
        >
          {canRetry && <Again label={text('prejoin.again')} entry={entry} />}
          <ReloadIfAsked code={state.code} />
        </Notice>
      );
    }
    case 'ready':
      return <PrejoinPage entry={entry} state={state} />;
    case 'inside':
      return <Inside entry={entry} state={state} />;
    case 'over':
      return <OverPage entry={entry} reason={state.reason} />;
  }
}

type InsideState = Extract<EntryState, { phase: 'inside' }>;

/** Before the door, or behind it. */
function Inside({ entry, state }: { entry: Entry; state: InsideState }) {
  const { stay, isPersonal } = state;
  const title = state.title || text('meeting.untitled');
  const waiting = useStore(stay.store, (state) => state.waiting);
  return waiting ? (
    <WaitingPage stay={stay} title={title} waiting={waiting} />
  ) : (
    <Room stay={stay} settings={entry.settings} title={title} isPersonal={isPersonal} />
  );
}

/** A link without its secret may be opened by a passcode. */
function PasscodeForm({ entry }: { entry: Entry }) {
  const [passcode, setPasscode] = useState('');
  const [isTried, setIsTried] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(true);
    if (passcode !== '') void entry.check(passcode);
  };
  return (
    <Form className="passcode-form" onSubmit={submit} validationBehavior="aria">
      <PasscodeField
        value={passcode}
        onChange={setPasscode}
        isMissing={isTried && passcode === ''}
      />
      <Button type="submit" className="button primary">
        {text('prejoin.tryPasscode')}
      </Button>
    </Form>
  );
}

type Over = Extract<EntryState, { phase: 'over' }>;

function OverPage({ entry, reason }: { entry: Entry; reason: Over['reason'] }) {
  return (
    <Notice title={text(`over.${reason}`)} detail={text(`over.${reason}Text`)} isAlert>
      {reason !== 'meeting_ended' && <Again label={text('over.rejoin')} entry={entry} />}
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
  form?: React.ReactNode;
  children?: React.ReactNode;
}

function Notice({ title, detail, isBusy = false, isAlert = false, form, children }: NoticeProps) {
  return (
    <div className="page">
      <Brand />
      <main className="notice-page" aria-busy={isBusy}>
        {isBusy && <span className="spinner" aria-hidden="true" />}
        <div role={isAlert ? 'alert' : 'status'}>
          <h1>{title}</h1>
          {detail && <p className="lead">{detail}</p>}
        </div>
        {form}
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
