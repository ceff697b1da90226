import { useMemo } from 'react';
import type { User } from '../../../../client/src/index.js';
import { changed } from '../../session/rebase.js';
import { browserZone } from '../../session/zones.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { UsernameField, usernameLimit } from '../site/account-fields.js';
import { checkFilled, checkLength } from '../site/checks.js';
import { Field } from '../site/field.js';
import { Section } from '../site/section.js';
import { SubmitForm } from '../site/submit-form.js';
import { useDraft } from '../site/use-draft.js';
import { ZonePicker } from '../site/zone-picker.js';

const aboutLimit = 500;

export function ProfileSection({ user }: { user: User }) {
  const { account } = useClient();
  const now = useMemo(() => draftOf(user), [user]);
  const [draft, setDraft] = useDraft(now);
  const set = (change: Partial<typeof now>) => setDraft({ ...draft, ...change });
  const { username, about, time_zone } = draft;
  const save = async () => {
    const typed = { username: username.trim(), about: about.trim(), time_zone };
    const change = changed(typed, now);
    if (Object.keys(change).length > 0) await account.save(change);
  };
  const check = () => ({
    ...checkLength('username', username.trim(), usernameLimit),
    ...checkLength('about', about.trim(), aboutLimit),
    ...checkFilled({ username }),
  });
  return (
    <Section title={text('account.profile')}>
      <SubmitForm label={text('form.save')} done={text('form.saved')} check={check} onSubmit={save}>
        <UsernameField value={username} onChange={(username) => set({ username })} />
        <Field
          name="about"
          label={text('account.about')}
          hint={text('account.aboutHint')}
          value={about}
          onChange={(about) => set({ about })}
          rows={4}
          limit={aboutLimit}
        />
        <ZonePicker
          name="time_zone"
          label={text('account.timeZone')}
          value={time_zone}
          onChange={(time_zone) => set({ time_zone })}
        />
      </SubmitForm>
    </Section>
  );
}

function draftOf({ username, about, time_zone }: User) {
  return { username, about, time_zone: time_zone ?? browserZone() };
}
