import { useState } from 'react';
import { rebase } from '../../session/rebase.js';

/**
 * What a person changes of a record. When the record itself changes, by them or by others, what they
 * have not touched follows it: so nothing that somebody else changed is changed back unseen.
 * @param now the record as a form shows it; another object only when the record is another one.
 */
export function useDraft<T extends object>(now: T): [T, (draft: T) => void] {
  const [{ base, draft }, setState] = useState({ base: now, draft: now });
  if (base !== now) setState({ base: now, draft: rebase(draft, base, now) });
  return [draft, (draft) => setState({ base: now, draft })];
}
