import { Button } from 'react-aria-components';
import type { Factor } from '../../../../client/src/index.js';
import { dateText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';

/** A second factor in the list. */
export function FactorRow({ factor, onRemove }: { factor: Factor; onRemove: () => void }) {
  const { kind, name, confirmed_at: since, last_used_at: used } = factor;
  const what = text(kind === 'totp' ? 'account.app' : 'passkey.defaultName');
  const life = since
    ? text('account.since', { date: dateText(since) })
    : text('account.notConfirmed');
  const use = used ? text('account.keyUsed', { date: dateText(used) }) : undefined;
  const hint = [name && name !== what ? what : undefined, life, use].filter(Boolean).join(' · ');
  return (
    <li className="row">
      <div>
        <p>
          <bdi>{name || what}</bdi>
        </p>
        <p className="hint">{hint}</p>
      </div>
      <Button className="text-button danger" onPress={onRemove}>
        {text('account.remove')}
      </Button>
    </li>
  );
}
