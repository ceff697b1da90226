import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import type { CreatedTotp, Factor, User } from '../../../../client/src/index.js';
import { newId } from '../../session/new-id.js';
import { dateText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { ListView } from '../site/list-view.js';
import { Problem } from '../site/problem.js';
import { Section } from '../site/section.js';
import { useAct } from '../site/use-act.js';
import { usePagedList } from '../site/use-paged-list.js';
import { FactorDialog } from './factor-dialog.js';
import { RecoveryCodesDialog } from './recovery-codes-dialog.js';

/** Authenticator apps (TOTP): added, proved by a first code, removed. */
export function SecondFactorSection({ user }: { user: User }) {
  const { api, account } = useClient();
  const list = usePagedList((cursor) =>
    api.call('GET /v1/users/me/factors', { query: cursor ? { cursor } : {} }),
  );
  const [fresh, setFresh] = useState<CreatedTotp>();
  const [codes, setCodes] = useState<string[]>();
  const [leaving, setLeaving] = useState<Factor>();
  const { isBusy, problem, act } = useAct();
  useEffect(() => {
    if (user.has_second_factor) void list.refresh();
  }, [user.has_second_factor, list]);

  const add = () =>
    act(async () => {
      const body = { kind: 'totp' } as const;
      const made = await api.call('POST /v1/users/me/factors', { body, key: newId() });
      if (made.kind === 'totp') setFresh(made);
    });
  const confirm = async (factor_id: string, code: string) => {
    const route = 'POST /v1/users/me/factors/{factor_id}/confirm';
    const confirmed = await api.call(route, { params: { factor_id }, body: { code } });
    setFresh(undefined);
    setCodes(confirmed.recovery_codes);
    await Promise.all([account.look(), list.refresh()]);
  };
  const remove = ({ factor_id }: Factor) =>
    act(async () => {
      await api.call('DELETE /v1/users/me/factors/{factor_id}', { params: { factor_id } });
      await Promise.all([account.look(), list.refresh()]);
    });

  return (
    <Section title={text('account.factor')} lead={text('account.factorLead')}>
      <ListView list={list} empty={text('account.noFactor')}>
        {(factor) => (
          <li key={factor.factor_id} className="row">
            <div>
              <p>
                <bdi>{factor.name || text('account.app')}</bdi>
              </p>
              <p className="hint">
                {factor.confirmed_at
                  ? text('account.since', { date: dateText(factor.confirmed_at) })
                  : text('account.notConfirmed')}
              </p>
            </div>
            <Button className="text-button danger" onPress={() => setLeaving(factor)}>
              {text('account.remove')}
            </Button>
          </li>
        )}
      </ListView>
      <div className="form-actions">
        <Button className="button" aria-disabled={isBusy} onPress={add}>
          {text('account.addFactor')}
        </Button>
      </div>
      <Problem text={problem} />
      {fresh && (
        <FactorDialog
          factor={fresh}
          onConfirm={(code) => confirm(fresh.factor_id, code)}
          onClose={() => {
            setFresh(undefined);
            void list.refresh();
          }}
        />
      )}
      {codes && <RecoveryCodesDialog codes={codes} onClose={() => setCodes(undefined)} />}
      <ConfirmDialog
        isOpen={leaving !== undefined}
        title={text('account.removeFactor')}
        detail={text('account.removeFactorText')}
        action={text('account.remove')}
        onConfirm={() => leaving && remove(leaving)}
        onClose={() => setLeaving(undefined)}
      />
    </Section>
  );
}
