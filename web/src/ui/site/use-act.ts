import { useState } from 'react';
import { useClient } from '../client.js';
import { refusalText } from './refusal-text.js';

/** Something a button does: busy while it runs, `problem` says why it did not work. */
export function useAct(): {
  isBusy: boolean;
  problem: string;
  act: (work: () => Promise<void>) => Promise<void>;
} {
  const { account } = useClient();
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const act = async (work: () => Promise<void>) => {
    if (isBusy) return;
    setIsBusy(true);
    setProblem('');
    try {
      await work();
    } catch (error) {
      setProblem(refusalText(error));
      await account.doubt(error);
    }
    setIsBusy(false);
  };
  return { isBusy, problem, act };
}
