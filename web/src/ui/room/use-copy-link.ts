import { useCallback, useEffect, useState } from 'react';
import type { Meeting } from '../../session/meeting.js';
import { isHost } from '../../session/roles.js';
import { text } from '../../strings/index.js';

const shownForMs = 3_000;

/** Returns what to tell the person for a moment, and the act. */
export function useCopyLink(stay: Meeting): [string, () => void] {
  const [told, setTold] = useState('');
  useEffect(() => {
    if (told === '') return;
    const timer = setTimeout(() => setTold(''), shownForMs);
    return () => clearTimeout(timer);
  }, [told]);
  const copy = useCallback(async () => {
    const worked = await write(await linkOf(stay));
    setTold(text(worked ? 'room.linkCopied' : 'room.linkNotCopied'));
  }, [stay]);
  return [told, copy];
}

/** The address bar is the join link; a host who came by an account asks for the meeting's own. */
async function linkOf(stay: Meeting): Promise<string> {
  const { room } = stay.store.get();
  const isWhole = new URLSearchParams(location.hash.replace('#', '')).has('k');
  if (isWhole || !room || !isHost(room.role)) return location.href;
  return stay.api.invite().catch(() => location.href);
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
