import { type FormEvent, type ReactNode, useState } from 'react';
import {
  Button,
  FieldError,
  Form,
  Input,
  Label,
  Radio,
  RadioGroup,
  TextField,
} from 'react-aria-components';
import type { JoinChecked, User } from '../../../client/src/index.js';
import type { Entry, Ready } from '../session/entry.js';
import { text } from '../strings/index.js';
import { Avatar } from './site/avatar.js';
import { Problem } from './site/problem.js';

/** What the meeting asks for: a name, and a passcode, a consent or a login where it does. */
export function JoinForm({ entry, state }: { entry: Entry; state: Ready }) {
  const { needs } = state.meeting;
  const [name, setName] = useState(state.user?.username ?? entry.settings.name);
  const [passcode, setPasscode] = useState('');
  const [consent, setConsent] = useState<boolean>();
  const [isTried, setIsTried] = useState(false);
  const asks = { passcode: needs.includes('passcode'), consent: needs.includes('consent') };
  const isWrong = state.error === 'passcode_required' && asks.passcode && passcode !== '';
  const isRefused = state.error === 'consent_required' && consent === false;
  const refusal = isRefused ? text('prejoin.consentNeeded') : undefined;
  const isComplete =
    name.trim() !== '' &&
    (!asks.passcode || passcode !== '') &&
    (!asks.consent || consent !== undefined);
  const reason = isWrong ? text('prejoin.wrongPasscode') : refusal;
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
        <Consent
          rule={state.meeting.recording_consent}
          answer={consent}
          onChange={setConsent}
          isMissing={isTried && consent === undefined}
        />
      )}
      <Button type="submit" className="button primary large" isDisabled={state.joining}>
        {text(state.joining ? 'prejoin.joining' : 'prejoin.join')}
      </Button>
      <Problem code={state.error} text={reason} />
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
  rule: JoinChecked['recording_consent'];
  answer: boolean | undefined;
  onChange: (answer: boolean) => void;
  isMissing: boolean;
}

/** Two answers of the same weight; whether one can join with a no is the meeting's rule. */
function Consent({ rule, answer, onChange, isMissing }: ConsentProps) {
  const hint = rule && rule !== 'inform' ? text(`prejoin.consentNo.${rule}`) : undefined;
  const value = answer === undefined ? null : String(answer);
  return (
    <RadioGroup
      className="field"
      value={value}
      onChange={(chosen) => onChange(chosen === 'true')}
      isInvalid={isMissing}
    >
      <Label>{text('prejoin.consentTitle')}</Label>
      <Radio value="true" className="radio">
        <span className="radio-dot" />
        {text('prejoin.consent')}
      </Radio>
      <Radio value="false" className="radio">
        <span className="radio-dot" />
        <span>
          {text('prejoin.consentNo')}
          {hint && <span className="hint block">{hint}</span>}
        </span>
      </Radio>
      <FieldError>{text('prejoin.consentChoose')}</FieldError>
    </RadioGroup>
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
