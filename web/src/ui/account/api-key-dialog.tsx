import { useRef, useState } from 'react';
import { Checkbox, CheckboxGroup, FieldError, Label } from 'react-aria-components';
import type { ApiScope } from '../../../../client/src/index.js';
import { RepeatKey } from '../../session/repeat-key.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { Icon } from '../icons.js';
import { checkFilled } from '../site/checks.js';
import { Choice } from '../site/choice.js';
import { Field } from '../site/field.js';
import { useFieldError } from '../site/form-errors.js';
import { OnceDialog } from '../site/once-dialog.js';
import { SubmitForm } from '../site/submit-form.js';
import { useExpiry } from '../site/use-expiry.js';

const scopes: readonly ApiScope[] = [
  'meetings:read',
  'meetings:write',
  'webhooks:read',
  'webhooks:write',
  'users:read',
];

const lives = ['30', '90', '365', 'none'] as const;
type Life = (typeof lives)[number];

/** Asks what the key is for. */
export function ApiKeyDialog({ onClose }: { onClose: () => void }) {
  return (
    <OnceDialog
      title={text('account.newKey')}
      onClose={onClose}
      copy={text('form.copy')}
      told={text('account.keyOnce')}
    >
      {(onMade) => <NewKeyForm onMade={onMade} />}
    </OnceDialog>
  );
}

function NewKeyForm({ onMade }: { onMade: (key: string) => void }) {
  const { api } = useClient();
  const repeat = useRef(new RepeatKey());
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<string[]>(['meetings:read']);
  const [life, setLife] = useState<Life>('90');
  const expiry = useExpiry();
  const submit = async () => {
    const body = {
      name: name.trim(),
      scopes: scopes.filter((scope) => chosen.includes(scope)),
      ...(life === 'none' ? {} : { expires_at: expiry(life) }),
    };
    const key = repeat.current.of(body);
    onMade((await api.call('POST /v1/api-keys', { body, key })).key);
  };
  const check = () => ({
    ...checkFilled({ name }),
    ...(chosen.length === 0 ? { scopes: text('account.noScope') } : {}),
  });
  return (
    <SubmitForm label={text('account.makeKey')} check={check} onSubmit={submit}>
      <Field
        name="name"
        label={text('account.keyName')}
        hint={text('account.keyNameHint')}
        autoComplete="off"
        value={name}
        onChange={setName}
        isRequired
        autoFocus
      />
      <ScopeChoice chosen={chosen} onChange={setChosen} />
      <Choice
        label={text('account.keyLife')}
        value={life}
        onChange={setLife}
        options={lives.map((id) => ({
          id,
          label:
            id === 'none'
              ? text('account.keyForever')
              : text('account.keyDays', { days: Number(id) }),
        }))}
      />
    </SubmitForm>
  );
}

function ScopeChoice(props: { chosen: string[]; onChange: (chosen: string[]) => void }) {
  const { error, clear } = useFieldError('scopes');
  const choose = (chosen: string[]) => {
    clear();
    props.onChange(chosen);
  };
  return (
    <CheckboxGroup
      name="scopes"
      className="field"
      value={props.chosen}
      onChange={choose}
      isInvalid={error !== undefined}
    >
      <Label>{text('account.keyScopes')}</Label>
      {scopes.map((scope) => (
        <Checkbox key={scope} value={scope} className="checkbox">
          <span className="checkbox-box">
            <Icon name="check" />
          </span>
          <span>
            {text(`scope.${scope}`)} <code dir="ltr">{scope}</code>
          </span>
        </Checkbox>
      ))}
      <FieldError>{error}</FieldError>
    </CheckboxGroup>
  );
}
