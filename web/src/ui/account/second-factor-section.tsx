import { useEffect, useMemo, useState } from 'react';
import { Button } from 'react-aria-components';
import type { CreatedTotp, Factor, User } from '../../../../client/src/index.js';
import { Factors } from '../../session/factors.js';
import { hasSecurityKeys } from '../../session/security-keys.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { ListView } from '../site/list-view.js';
import { Problem } from '../site/problem.js';
import { needsFreshLogin } from '../site/refusal-text.js';
import { Section } from '../site/section.js';
import { useAct } from '../site/use-act.js';
import { usePagedList } from '../site/use-paged-list.js';
import { FactorDialog } from './factor-dialog.js';
import { FactorRow } from './factor-row.js';
import { RecoveryCodesDialog } from './recovery-codes-dialog.js';
import { ReloginDialog } from './relogin-dialog.js';
import { SecurityKeyDialog } from './security-key-dialog.js';
import { UnshownFactor } from './unshown-factor.js';

/** What stands open: an app that has shown no code yet, a key without a name, or what follows them. */
type Step =
  | { name: 'app'; app: CreatedTotp }
  | { name: 'key' }
  | { name: 'codes'; codes: string[] }
  | { name: 'remove'; factor: Factor }
  | { name: 'relogin' };

/** Authenticator apps and security keys: added, proven, removed. */
export function SecondFactorSection({ user }: { user: User }) {
  const { factors, list, step, setStep, isBusy, problem, ...can } = useFactors(user);
  const close = () => {
    setStep(undefined);
    void list.refresh();
  };
  return (
    <Section title={text('account.factor')} lead={text('account.factorLead')}>
      <UnshownFactor user={user} factors={factors} />
      <ListView list={list} empty={text('account.noFactor')}>
        {(factor) => (
          <FactorRow
            key={factor.factor_id}
            factor={factor}
            onRemove={() => setStep({ name: 'remove', factor })}
          />
        )}
      </ListView>
      <div className="form-actions">
        <Button className="button" aria-disabled={isBusy} onPress={can.addApp}>
          {text('account.addFactor')}
        </Button>
        {hasSecurityKeys() && (
          <Button className="button" onPress={() => setStep({ name: 'key' })}>
            {text('passkey.add')}
          </Button>
        )}
      </div>
      <Problem {...problem} />
      {step?.name === 'app' && (
        <FactorDialog
          factor={step.app}
          onConfirm={(code) => can.confirm(step.app, code)}
          onClose={close}
        />
      )}
      {step?.name === 'key' && <SecurityKeyDialog onAdd={can.addKey} onClose={close} />}
      {step?.name === 'codes' && <RecoveryCodesDialog codes={step.codes} onClose={close} />}
      {step?.name === 'remove' && (
        <RemoveDialog
          factor={step.factor}
          onRemove={can.remove}
          onClose={() => setStep(undefined)}
        />
      )}
      {step?.name === 'relogin' && (
        <ReloginDialog onConfirm={can.relogin} onClose={() => setStep(undefined)} />
      )}
    </Section>
  );
}

function RemoveDialog(props: {
  factor: Factor;
  onRemove: (factor: Factor) => void;
  onClose: () => void;
}) {
  const { factor, onRemove, onClose } = props;
  const isApp = factor.kind === 'totp';
  return (
    <ConfirmDialog
      isOpen
      title={text(isApp ? 'account.removeFactor' : 'passkey.remove')}
      detail={text(isApp ? 'account.removeFactorText' : 'passkey.removeText')}
      action={text('account.remove')}
      onConfirm={() => onRemove(factor)}
      onClose={onClose}
    />
  );
}

function useFactors(user: User) {
  const { api, account } = useClient();
  const factors = useMemo(() => new Factors(api), [api]);
  const list = usePagedList((cursor) => factors.list(cursor));
  const [step, setStep] = useState<Step>();
  const { isBusy, problem, act } = useAct();
  useEffect(() => {
    if (user.has_second_factor) void list.refresh();
  }, [user.has_second_factor, list]);

  /** A login that is too old is no dead end. */
  const fresh = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!needsFreshLogin(error)) throw error;
      setStep({ name: 'relogin' });
    }
  };
  const look = () => Promise.all([account.look(), list.refresh()]);
  const showCodes = async (codes: string[]) => {
    setStep({ name: 'codes', codes });
    await look();
  };
  return {
    ...{ factors, list, step, setStep, isBusy, problem },
    addApp: () =>
      act(() => fresh(async () => setStep({ name: 'app', app: await factors.beginApp() }))),
    addKey: (name: string, givenUp: AbortSignal) =>
      fresh(async () => {
        const added = factors.addKey(name, givenUp);
        // Also when its dialog was closed meanwhile.
        added.catch(() => list.refresh());
        await showCodes(await added);
      }),
    confirm: async (app: CreatedTotp, code: string) =>
      showCodes(await factors.confirmApp(app, code)),
    /** The page is shown again after it. */
    relogin: () => act(() => account.logOut()),
    remove: (factor: Factor) =>
      act(() =>
        fresh(async () => {
          await factors.remove(factor);
          await look();
        }),
      ),
  };
}
