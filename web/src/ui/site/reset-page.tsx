import { useState } from 'react';
import { Link } from 'react-aria-components';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { EmailField, NewPasswordField } from './account-fields.js';
import { checkEmail, checkNewPassword } from './checks.js';
import { SitePage } from './site-page.js';
import { SubmitForm } from './submit-form.js';

/** Without a token asks for a mail, with the one from the mail for a new password. */
export function ResetPage({ token }: { token: string }) {
  return token ? <NewPassword token={token} /> : <AskForMail />;
}

/** Says the same whether or not there is such an account. */
function AskForMail() {
  const { api } = useClient();
  const [email, setEmail] = useState('');
  const [isSent, setIsSent] = useState(false);
  const submit = async () => {
    await api.call('POST /v1/password-resets', { body: { email: email.trim() } });
    setIsSent(true);
  };
  if (isSent) return <Told title={text('reset.sent')} detail={text('reset.sentText')} />;
  return (
    <SitePage title={text('reset.title')} lead={text('reset.lead')} shape="card">
      <SubmitForm
        label={text('reset.submit')}
        check={() => checkEmail('email', email)}
        onSubmit={submit}
        actions={<BackToLogin />}
      >
        <EmailField value={email} onChange={setEmail} />
      </SubmitForm>
    </SitePage>
  );
}

function NewPassword({ token }: { token: string }) {
  const { api } = useClient();
  const [password, setPassword] = useState('');
  const [isDone, setIsDone] = useState(false);
  const submit = async () => {
    const body = { token, new_password: password };
    await api.call('POST /v1/password-resets/confirm', { body });
    setIsDone(true);
  };
  if (isDone) return <Told title={text('reset.done')} detail={text('reset.doneText')} />;
  return (
    <SitePage title={text('reset.newTitle')} shape="card">
      <SubmitForm
        label={text('reset.newSubmit')}
        check={() => checkNewPassword('new_password', password)}
        onSubmit={submit}
        refusal={(_code, pointers) =>
          pointers.includes('/token') ? text('reset.stale') : undefined
        }
        actions={<BackToLogin />}
      >
        <NewPasswordField
          name="new_password"
          label={text('reset.newPassword')}
          value={password}
          onChange={setPassword}
        />
      </SubmitForm>
    </SitePage>
  );
}

function Told({ title, detail }: { title: string; detail: string }) {
  return (
    <SitePage title={title} shape="card">
      <p role="status">{detail}</p>
      <Link className="button primary" href="/login">
        {text('site.logIn')}
      </Link>
    </SitePage>
  );
}

function BackToLogin() {
  return (
    <Link className="text-link" href="/login">
      {text('reset.back')}
    </Link>
  );
}
