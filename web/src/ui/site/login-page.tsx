import { useState } from 'react';
import { Link } from 'react-aria-components';
import type { Login } from '../../../../client/src/index.js';
import { type AskedFactor, askedBy } from '../../session/asked-factor.js';
import { errorText, text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { useStore } from '../use-store.js';
import { EmailField } from './account-fields.js';
import { checkFilled } from './checks.js';
import { PasswordField } from './field.js';
import { SecondFactor } from './second-factor.js';
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
      {page.name === 'login' && page.error && (
        <p role="alert" className="form-error">
          {signOnText(page.error)}
        </p>
      )}
      <LoginForm onDone={loggedIn} />
      <OtherWays />
    </SitePage>
  );
}

/** The second factor is asked for when the server says that the account has one. */
export function LoginForm({ onDone }: { onDone: () => void }) {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [otp, setOtp] = useState('');
  const { asked, logIn } = useLogin(onDone);
  const typed = { email: email.trim(), password };
  return (
    <SubmitForm
      label={text('login.submit')}
      check={() => checkFilled({ email, password, ...(asked ? { otp } : {}) })}
      onSubmit={() => logIn({ ...typed, ...(otp ? { otp: otp.trim() } : {}) })}
      refusal={(code) => {
        if (code !== 'unauthenticated') return undefined;
        return asked && otp ? text('login.wrongOtp') : text('login.wrong');
      }}
      actions={
        <Link className="text-link" href="/reset">
          {text('login.forgot')}
        </Link>
      }
    >
      <EmailField value={email} onChange={setEmail} />
      <PasswordField
        name="password"
        label={text('login.password')}
        autoComplete="current-password"
        value={password}
        onChange={setPassword}
        isRequired
      />
      {asked && (
        <SecondFactor
          asked={asked}
          otp={otp}
          onOtp={setOtp}
          onKey={(credential) => logIn({ ...typed, credential })}
        />
      )}
    </SubmitForm>
  );
}

/** A login, and what it was told to show besides the password. */
function useLogin(onDone: () => void) {
  const { account } = useClient();
  const [asked, setAsked] = useState<AskedFactor>();
  const logIn = async (login: Login) => {
    try {
      await account.logIn(login);
    } catch (error) {
      const now = askedBy(error, asked);
      setAsked(now);
      if (asked || !now) throw error;
      return;
    }
    onDone();
  };
  return { asked, logIn };
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

/** Why single sign-on led back to this page. */
function signOnText(code: string): string {
  switch (code) {
    case 'unauthenticated':
      return text('login.oidcFailed');
    case 'forbidden':
      return text('login.oidcNobody');
    case 'dependency_down':
      return text('login.oidcDown');
    default:
      return errorText(code);
  }
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
