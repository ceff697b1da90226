import { type FormEvent, type ReactNode, useState } from 'react';
import { Button, Checkbox, FieldError, Form, Input, Label, TextField } from 'react-aria-components';
import type { User } from '../../../client/src/index.js';
import type { Entry, Ready } from '../session/entry.js';
import { text } from '../strings/index.js';
import { Icon } from './icons.js';
import { Avatar } from './site/avatar.js';
import { Problem } from './site/problem.js';

/** What the meeting asks for: a name, and a passcode, a consent or a login where it does. */
export function JoinForm({ entry, state }: { entry: Entry; state: Ready }) {
  const { needs } = state.meeting;
  const [name, setName] = useState(state.user?.username ?? entry.settings.name);
  const [passcode, setPasscode] = useState('');
  const [consent, setConsent] = useState(false);
  const [isTried, setIsTried] = useState(false);
  const asks = { passcode: needs.includes('passcode'), consent: needs.includes('consent') };
  const isWrong = state.error === 'passcode_required' && asks.passcode && passcode !== '';
  const isComplete =
    name.trim() !== '' && (!asks.passcode || passcode !== '') && (!asks.consent || consent);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setIsTried(!isComplete);
    if (!isComplete) return;
    void entry.join({
      name: name.trim(),
      ...(asks.passcode ? { passcode } : {}),
      ...(asks.consent ? { consent } : {}),
    });
  };
  if (needs.includes('login')) return <LoginNeeded entry={entry} />;
  return (
    <Form className="stack" onSubmit={submit} validationBehavior="aria">
      {state.user && <LoggedIn user={state.user} />}
      <TextField
        className="field"
        value={name}
        onChange={setName}
        isInvalid={isTried && name.trim() === ''}
        maxLength={64}
        autoFocus
      >
        <Label>{text('prejoin.name')}</Label>
        <Input autoComplete="name" />
        <FieldError>{text('prejoin.nameNeeded')}</FieldError>
      </TextField>
      {asks.passcode && (
        <PasscodeField
          value={passcode}
          onChange={setPasscode}
          isMissing={isTried && passcode === ''}
        />
      )}
      {asks.consent && (
        <Consent isGiven={consent} onChange={setConsent} isMissing={isTried && !consent} />
      )}
      <Button type="submit" className="button primary large" isDisabled={state.joining}>
        {text(state.joining ? 'prejoin.joining' : 'prejoin.join')}
      </Button>
      <Problem code={state.error} text={isWrong ? text('prejoin.wrongPasscode') : undefined} />
    </Form>
  );
}

/** Whose seat it will be; the name below it is for this meeting. */
function LoggedIn({ user }: { user: User }) {
  return (
    <div className="joins-as">
      <Avatar name={user.username} url={user.avatar_url} />
      <p>{text('prejoin.loggedInAs', { name: user.username })}</p>
    </div>
  );
}

interface PasscodeFieldProps {
  value: string;
  onChange: (passcode: string) => void;
  isMissing: boolean;
}

export function PasscodeField({ value, onChange, isMissing }: PasscodeFieldProps) {
  return (
    <TextField
      className="field"
      value={value}
      onChange={onChange}
      isInvalid={isMissing}
      maxLength={64}
    >
      <Label>{text('prejoin.passcode')}</Label>
      <Input autoComplete="off" />
      <FieldError>{text('prejoin.passcodeNeeded')}</FieldError>
    </TextField>
  );
}

interface ConsentProps {
  isGiven: boolean;
  onChange: (isGiven: boolean) => void;
  isMissing: boolean;
}

function Consent({ isGiven, onChange, isMissing }: ConsentProps) {
  return (
    <div>
      <Checkbox className="checkbox" isSelected={isGiven} onChange={onChange} isInvalid={isMissing}>
        <span className="checkbox-box">
          <Icon name="check" />
        </span>
        {text('prejoin.consent')}
      </Checkbox>
      {isMissing && <p className="form-error">{text('prejoin.consentNeeded')}</p>}
    </div>
  );
}

/** The login opens beside this page, so that the meeting's link is not lost. */
function LoginNeeded({ entry }: { entry: Entry }): ReactNode {
  return (
    <div className="stack">
      <p>{text('error.login_required')}</p>
      <a className="button primary large" href="/login" target="_blank" rel="noopener">
        {text('prejoin.login')}
      </a>
      <Button className="button" onPress={() => void entry.check()}>
        {text('prejoin.loggedIn')}
      </Button>
    </div>
  );
}
