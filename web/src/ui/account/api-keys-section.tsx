import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { ApiKey } from '../../../../client/src/index.js';
import { dateText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { MadeList } from '../site/made-list.js';
import { Section } from '../site/section.js';
import { useAct } from '../site/use-act.js';
import { usePagedList } from '../site/use-paged-list.js';
import { ApiKeyDialog } from './api-key-dialog.js';

/** Keys with which programs act for the account. */
export function ApiKeysSection() {
  const { api } = useClient();
  const list = usePagedList((cursor) =>
    api.call('GET /v1/api-keys', { query: cursor ? { cursor } : {} }),
  );
  const [leaving, setLeaving] = useState<ApiKey>();
  const { problem, act } = useAct();
  const remove = ({ api_key_id }: ApiKey) =>
    act(async () => {
      await api.call('DELETE /v1/api-keys/{api_key_id}', { params: { api_key_id } });
      list.filter((key) => key.api_key_id !== api_key_id);
    });
  return (
    <Section title={text('account.keys')} lead={text('account.keysLead')}>
      <MadeList
        list={list}
        empty={text('account.noKeys')}
        make={text('account.newKey')}
        dialog={(close) => <ApiKeyDialog onClose={close} />}
        problem={problem}
      >
        {(key) => (
          <li key={key.api_key_id} className="row">
            <div>
              <p>
                <bdi>{key.name}</bdi>
              </p>
              <p className="hint">
                <bdi dir="ltr">{key.scopes.join(', ')}</bdi> · {lifeOf(key)}
              </p>
            </div>
            <Button className="text-button danger" onPress={() => setLeaving(key)}>
              {text('account.revoke')}
            </Button>
          </li>
        )}
      </MadeList>
      <ConfirmDialog
        isOpen={leaving !== undefined}
        title={text('account.revokeTitle', { name: leaving?.name ?? '' })}
        detail={text('account.revokeText')}
        action={text('account.revoke')}
        onConfirm={() => leaving && remove(leaving)}
        onClose={() => setLeaving(undefined)}
      />
    </Section>
  );
}

function lifeOf({ expires_at, last_used_at }: ApiKey): string {
  const used = last_used_at
    ? text('account.keyUsed', { date: dateText(last_used_at) })
    : text('account.keyUnused');
  return expires_at
    ? `${used} · ${text('account.keyUntil', { date: dateText(expires_at) })}`
    : used;
}
