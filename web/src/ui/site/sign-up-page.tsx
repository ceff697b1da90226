import { useRef, useState } from 'react';
import { Link } from 'react-aria-components';
import { RepeatKey } from '../../session/repeat-key.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { useStore } from '../use-store.js';
import { EmailField, NewPasswordField, UsernameField, usernameLimit } from './account-fields.js';
import { checkEmail, checkFilled, checkLength, checkNewPassword } from './checks.js';
import { OtherWays } from './login-page.js';
import { SitePage } from './site-page.js';
import { SubmitForm } from './submit-form.js';

export function SignUpPage() {
  const { installation } = useClient();
  const isClosed = useStore(installation.store, (config) => config?.sign_up === false);
  if (isClosed) {
    return (
      <SitePage title={text('signUp.title')} lead={text('signUp.closed')} shape="card">
        <Link className="button" href="/login">
          {text('site.logIn')}
        </Link>
      </SitePage>
    );
  }
  return (
    <SitePage title={text('signUp.title')} shape="card">
      <NewAccountForm />
      <p className="muted">
        {text('signUp.hasAccount')}{' '}
        <Link className="text-link" href="/login">
          {text('site.logIn')}
        </Link>
      </p>
      <OtherWays />
    </SitePage>
  );
}

/** The link of the first start: whoever has it becomes the administrator. */
export function SetupPage({ token }: { token: string }) {
  return (
    <SitePage
      title={text('setup.title')}
      lead={text(token ? 'setup.lead' : 'setup.noToken')}
      shape="card"
    >
      {token && <NewAccountForm setupToken={token} />}
    </SitePage>
  );
}

function NewAccountForm({ setupToken }: { setupToken?: string }) {
  const { account, pages } = useClient();
  const key = useRef(new RepeatKey());
  const [username, setUsername] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const submit = async () => {
    const body = {
      email: email.trim(),
      password,
      username: username.trim(),
      ...(setupToken ? { setup_token: setupToken } : {}),
    };
    await account.signUp(body, key.current.of(body));
    pages.replace('/');
  };
  const check = () => ({
    ...checkNewPassword('password', password),
    ...checkEmail('email', email),
    ...checkLength('username', username.trim(), usernameLimit),
    ...checkFilled({ username, email, password }),
  });
  return (
    <SubmitForm
      label={text('signUp.submit')}
      check={check}
      onSubmit={submit}
      refusal={(code) => {
        if (code === 'conflict') return text('signUp.taken');
        return setupToken && code === 'forbidden' ? text('setup.used') : undefined;
      }}
    >
      <UsernameField value={username} onChange={setUsername} />
      <EmailField value={email} onChange={setEmail} />
      <NewPasswordField
        name="password"
        label={text('login.password')}
        value={password}
        onChange={setPassword}
      />
    </SubmitForm>
  );
}
