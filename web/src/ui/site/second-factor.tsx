import { useEffect } from 'react';
import { Button } from 'react-aria-components';
import type { CredentialRequest, ShownCredential } from '../../../../client/src/index.js';
import type { AskedFactor } from '../../session/asked-factor.js';
import { cancelKey, hasSecurityKeys, loadKeys, showKey } from '../../session/security-keys.js';
import { text } from '../../strings/index.js';
import { Field } from './field.js';
import { Problem } from './problem.js';
import { useAct } from './use-act.js';

interface SecondFactorProps {
  asked: AskedFactor;
  otp: string;
  onOtp: (otp: string) => void;
  onKey: (shown: ShownCredential) => Promise<void>;
}

/** The second step of a login: a security key, the code of an app, or a recovery code. */
export function SecondFactor({ asked, otp, onOtp, onKey }: SecondFactorProps) {
  const key = hasSecurityKeys() ? asked.key : undefined;
  return (
    <>
      {key && <KeyButton request={key} isOnly={!asked.app} onKey={onKey} />}
      {!key && <p role="status">{text('login.needsOtp')}</p>}
      <Field
        name="otp"
        label={text(asked.app ? 'login.otp' : 'passkey.recovery')}
        hint={text(asked.app ? 'login.otpHint' : 'passkey.recoveryHint')}
        autoComplete="one-time-code"
        value={otp}
        onChange={onOtp}
        isRequired
        isCode
        autoFocus={!key}
      />
    </>
  );
}

function KeyButton(props: {
  request: CredentialRequest;
  isOnly: boolean;
  onKey: (shown: ShownCredential) => Promise<void>;
}) {
  const { request, isOnly, onKey } = props;
  const { isBusy, problem, act } = useAct();
  useEffect(() => {
    void loadKeys().catch(() => {});
    return () => void cancelKey().catch(() => {});
  }, []);
  return (
    <>
      <p role="status">{text(isOnly ? 'passkey.now' : 'passkey.nowOrCode')}</p>
      <Button
        className="button primary"
        aria-disabled={isBusy}
        autoFocus
        onPress={() => act(async () => onKey(await showKey(request)))}
      >
        {isBusy && <span className="spinner" aria-hidden="true" />}
        {text('passkey.use')}
      </Button>
      <Problem {...problem} />
    </>
  );
}
