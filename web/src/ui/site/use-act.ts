import { useState } from 'react';
import { useClient } from '../client.js';
import type { ProblemProps } from './problem.js';
import { problemOf } from './refusal-text.js';

/** Something a button does: busy while it runs, `problem` says why it did not work. */
export function useAct(): {
  isBusy: boolean;
  problem: ProblemProps;
  act: (work: () => Promise<void>) => Promise<void>;
} {
  const { account } = useClient();
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemProps>({});
  const act = async (work: () => Promise<void>) => {
    if (isBusy) return;
    setIsBusy(true);
    setProblem({});
    try {
      await work();
    } catch (error) {
      setProblem(problemOf(error));
      await account.doubt(error);
    }
    setIsBusy(false);
  };
  return { isBusy, problem, act };
}
