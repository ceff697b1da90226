import { text } from '../../strings/index.js';
import { Field, PasswordField } from './field.js';

interface Typed {
  value: string;
  onChange: (value: string) => void;
}

export const usernameLimit = 20;

/** The address that names an account, in every form that asks for it. */
export function EmailField(typed: Typed) {
  return (
    <Field
      name="email"
      label={text('login.email')}
      type="email"
      inputMode="email"
      autoComplete="username"
      {...typed}
      isRequired
      isCode
    />
  );
}

/** What others see an account as. */
export function UsernameField(typed: Typed) {
  return (
    <Field
      name="username"
      label={text('signUp.username')}
      hint={text('signUp.usernameHint')}
      autoComplete="nickname"
      {...typed}
      limit={usernameLimit}
      isRequired
    />
  );
}

/** One that is chosen: a password manager offers to make it. */
export function NewPasswordField(props: Typed & { name: string; label: string }) {
  return (
    <PasswordField
      hint={text('signUp.passwordHint')}
      autoComplete="new-password"
      {...props}
      isRequired
    />
  );
}
