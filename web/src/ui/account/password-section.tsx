import { useState } from 'react';
import type { User } from '../../../../client/src/index.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { NewPasswordField } from '../site/account-fields.js';
import { checkFilled, checkNewPassword } from '../site/checks.js';
import { PasswordField } from '../site/field.js';
import { Section } from '../site/section.js';
import { SubmitForm } from '../site/submit-form.js';

export function PasswordSection({ user }: { user: User }) {
  const { account } = useClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const submit = async () => {
    await account.changePassword({ current_password: current, new_password: next });
    setCurrent('');
    setNext('');
  };
  const check = () => ({
    ...checkNewPassword('new_password', next),
    ...checkFilled({ current_password: current, new_password: next }),
  });
  return (
    <Section title={text('login.password')} lead={text('account.passwordLead')}>
      <SubmitForm
        label={text('account.changePassword')}
        done={text('account.passwordChanged')}
        check={check}
        onSubmit={submit}
        refusal={(code) =>
          code === 'unauthenticated' || code === 'forbidden'
            ? text('account.wrongPassword')
            : undefined
        }
      >
        {/* Tells a password manager whose passwords these are. */}
        <input type="email" autoComplete="username" value={user.email} readOnly hidden />
        <PasswordField
          name="current_password"
          label={text('account.currentPassword')}
          autoComplete="current-password"
          value={current}
          onChange={setCurrent}
          isRequired
        />
        <NewPasswordField
          name="new_password"
          label={text('reset.newPassword')}
          value={next}
          onChange={setNext}
        />
      </SubmitForm>
    </Section>
  );
}
