import { useState } from 'react';
import type { User } from '../../../../client/src/index.js';
import { browserZone } from '../../session/zones.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { UsernameField, usernameLimit } from '../site/account-fields.js';
import { checkFilled, checkLength } from '../site/checks.js';
import { Field } from '../site/field.js';
import { Section } from '../site/section.js';
import { SubmitForm } from '../site/submit-form.js';
import { ZonePicker } from '../site/zone-picker.js';

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
    ...checkLength('username', username.trim(), usernameLimit),
    ...checkLength('about', about.trim(), aboutLimit),
    ...checkFilled({ username }),
  });
  return (
    <Section title={text('account.profile')}>
      <SubmitForm label={text('form.save')} done={text('form.saved')} check={check} onSubmit={save}>
        <UsernameField value={username} onChange={setUsername} />
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
