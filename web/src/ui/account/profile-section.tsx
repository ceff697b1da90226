import { useState } from 'react';
import type { User } from '../../../../client/src/index.js';
import { browserZone } from '../../session/zones.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { checkFilled, checkLength } from '../site/checks.js';
import { Field } from '../site/field.js';
import { Section } from '../site/section.js';
import { SubmitForm } from '../site/submit-form.js';
import { ZonePicker } from '../site/zone-picker.js';

const nameLimit = 20;
const aboutLimit = 500;

export function ProfileSection({ user }: { user: User }) {
  const { account } = useClient();
  const [username, setUsername] = useState(user.username);
  const [about, setAbout] = useState(user.about);
  const [zone, setZone] = useState(user.time_zone ?? browserZone());
  const save = () =>
    account.save({
      username: username.trim(),
      about: about.trim() === '' ? null : about.trim(),
      time_zone: zone,
    });
  const check = () => ({
    ...checkLength('username', username.trim(), nameLimit),
    ...checkLength('about', about.trim(), aboutLimit),
    ...checkFilled({ username }),
  });
  return (
    <Section title={text('account.profile')}>
      <SubmitForm label={text('form.save')} done={text('form.saved')} check={check} onSubmit={save}>
        <Field
          name="username"
          label={text('signUp.username')}
          hint={text('signUp.usernameHint')}
          autoComplete="nickname"
          value={username}
          onChange={setUsername}
          limit={nameLimit}
          isRequired
        />
        <Field
          name="about"
          label={text('account.about')}
          hint={text('account.aboutHint')}
          value={about}
          onChange={setAbout}
          rows={4}
          limit={aboutLimit}
        />
        <ZonePicker
          name="time_zone"
          label={text('account.timeZone')}
          value={zone}
          onChange={setZone}
        />
      </SubmitForm>
    </Section>
  );
}
