import { useState } from 'react';
import { Link } from 'react-aria-components';
import { ProtocolError } from '../../../../client/src/index.js';
import { errorText, text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { useStore } from '../use-store.js';
import { checkFilled } from './checks.js';
import { Field, PasswordField } from './field.js';
import { SitePage } from './site-page.js';
import { SubmitForm } from './submit-form.js';

/** Also stands in for a page that needs a login: that one is shown next, at the same address. */
export function LoginPage() {
  const { pages } = useClient();
  const page = useStore(pages.store, (value) => value.page);
  const loggedIn = () => {
    if (page.name === 'login') pages.replace('/');
  };
  return (
    <SitePage
      title={text('login.title')}
      lead={page.name === 'login' ? undefined : text('login.needed')}
      shape="card"
    >
      <LoginForm onDone={loggedIn} />
      <OtherWays />
    </SitePage>
  );
}

/** The code of the second factor is asked for when the server says that the account has one. */
function LoginForm({ onDone }: { onDone: () => void }) {
  const { account } = useClient();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [otp, setOtp] = useState('');
  const [needsOtp, setNeedsOtp] = useState(false);
  const submit = async () => {
    try {
      await account.logIn({ email: email.trim(), password, ...(otp ? { otp: otp.trim() } : {}) });
    } catch (error) {
      if (otp !== '' || !asksForOtp(error)) throw error;
      setNeedsOtp(true);
      return;
    }
    onDone();
  };
  return (
    <SubmitForm
      label={text('login.submit')}
      check={() => checkFilled({ email, password, ...(needsOtp ? { otp } : {}) })}
      onSubmit={submit}
      refusal={(code) => {
        if (code !== 'unauthenticated') return undefined;
        return needsOtp && otp ? text('login.wrongOtp') : text('login.wrong');
      }}
      actions={
        <Link className="text-link" href="/reset">
          {text('login.forgot')}
        </Link>
      }
    >
      <Field
        name="email"
        label={text('login.email')}
        type="email"
        inputMode="email"
        autoComplete="username"
        value={email}
        onChange={setEmail}
        isRequired
        isCode
      />
      <PasswordField
        name="password"
        label={text('login.password')}
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        isRequired
      />
      {needsOtp && (
        <>
          <p role="status">{text('login.needsOtp')}</p>
          <Field
            name="otp"
            label={text('login.otp')}
            hint={text('login.otpHint')}
            autoComplete="one-time-code"
            value={otp}
            onChange={setOtp}
            isRequired
            isCode
            autoFocus
          />
        </>
      )}
    </SubmitForm>
  );
}

function asksForOtp(error: unknown): boolean {
  return error instanceof ProtocolError && error.fields.some(({ pointer }) => pointer === '/otp');
}

/** Single sign-on, and an account of one's own. */
export function OtherWays() {
  const { installation, pages } = useClient();
  const config = useStore(installation.store, (value) => value);
  const page = useStore(pages.store, (value) => value.page);
  if (!config) return null;
  return (
    <>
      {config.oidc.length > 0 && (
        <section className="stack" aria-label={text('login.oidcTitle')}>
          <p className="divider">{text('login.or')}</p>
          {config.oidc.map(({ id, name }) => (
            <a key={id} className="button" href={`/v1/oidc/${encodeURIComponent(id)}/start`}>
              {text('login.oidc', { name })}
            </a>
          ))}
        </section>
      )}
      {config.sign_up && page.name !== 'signUp' && (
        <p className="muted">
          {text('login.noAccount')}{' '}
          <Link className="text-link" href="/signup">
            {text('site.signUp')}
          </Link>
        </p>
      )}
    </>
  );
}

/** What a page shows when the server did not tell who uses it. */
export function AccountTrouble({ code }: { code: string }) {
  const { account } = useClient();
  return (
    <SitePage title={errorText(code)} shape="card">
      <button type="button" className="button primary" onClick={() => account.look()}>
        {text('prejoin.again')}
      </button>
    </SitePage>
  );
}
