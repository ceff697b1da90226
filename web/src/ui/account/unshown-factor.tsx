import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import type { ShownFactor, User } from '../../../../client/src/index.js';
import { type AskedFactor, askedBy } from '../../session/asked-factor.js';
import type { Factors } from '../../session/factors.js';
import { text } from '../../strings/index.js';
import { checkFilled } from '../site/checks.js';
import { Problem } from '../site/problem.js';
import { SecondFactor } from '../site/second-factor.js';
import { SubmitForm } from '../site/submit-form.js';
import { useAct } from '../site/use-act.js';

/** For a login that has shown no second factor although there is one: single sign-on may begin it. */
export function UnshownFactor({ user, factors }: { user: User; factors: Factors }) {
  const { state, asked, show } = useUnshown(user, factors);
  const { isBusy, problem, act } = useAct();
  const [otp, setOtp] = useState('');
  if (state === 'shown') return <p role="status">{text('account.factorShown')}</p>;
  if (state === 'unasked') return null;
  return (
    <div className="stack">
      <p role="status">{text('account.unshown')}</p>
      {asked ? (
        <SubmitForm
          label={text('account.showFactor')}
          check={() => checkFilled({ otp })}
          onSubmit={() => show({ otp: otp.trim() })}
          refusal={(code) => (code === 'forbidden' ? text('account.wrongCode') : undefined)}
        >
          <SecondFactor
            asked={asked}
            otp={otp}
            onOtp={setOtp}
            onKey={(credential) => show({ credential })}
          />
        </SubmitForm>
      ) : (
        <div className="form-actions">
          <Button
            className="button primary"
            aria-disabled={isBusy}
            onPress={() => act(() => show({}))}
          >
            {text('account.showFactor')}
          </Button>
        </div>
      )}
      <Problem {...problem} />
    </div>
  );
}

/** `unasked`: this login needs to show none, or nobody knows yet. */
function useUnshown({ has_second_factor: hasFactor }: User, factors: Factors) {
  const [state, setState] = useState<'unasked' | 'unshown' | 'shown'>('unasked');
  const [asked, setAsked] = useState<AskedFactor>();
  useEffect(() => {
    if (!hasFactor) return;
    const look = async () => setState((await factors.isShown()) ? 'unasked' : 'unshown');
    void look().catch(() => {});
  }, [hasFactor, factors]);
  /** With nothing: says what would do. */
  const show = async (shown: ShownFactor) => {
    try {
      await factors.show(shown);
    } catch (error) {
      const now = askedBy(error, asked);
      setAsked(now);
      if (asked || !now) throw error;
      return;
    }
    setState('shown');
  };
  return { state, asked, show };
}
