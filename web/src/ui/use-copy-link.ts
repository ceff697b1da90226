import { useCallback, useEffect, useState } from 'react';
import { text } from '../strings/index.js';

const shownForMs = 3_000;

/** The address bar is the join link. Returns what to tell the person for a moment, and the act. */
export function useCopyLink(): [string, () => void] {
  const [told, setTold] = useState('');
  useEffect(() => {
    if (told === '') return;
    const timer = setTimeout(() => setTold(''), shownForMs);
    return () => clearTimeout(timer);
  }, [told]);
  const copy = useCallback(async () => {
    const worked = await write(location.href);
    setTold(text(worked ? 'room.linkCopied' : 'room.linkNotCopied'));
  }, []);
  return [told, copy];
}

/** The clipboard is missing on plain-HTTP pages and may be forbidden. */
async function write(link: string): Promise<boolean> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (!clipboard) return false;
  return clipboard.writeText(link).then(
    () => true,
    () => false,
  );
}
