import { useCallback, useEffect, useRef, useState } from 'react';
import type { Meeting } from '../../session/meeting.js';
import { isHost } from '../../session/roles.js';
import { text } from '../../strings/index.js';
import { copyText } from '../copy-text.js';
import { useStore } from '../use-store.js';

const shownForMs = 3_000;

/**
 * Returns what to tell the person for a moment, and the act, if there is a link for others. Who is or was
 * a host may have come by a link that makes hosts, which is in the address bar: they hand out the
 * meeting's own, or none. A personal one opens for nobody else.
 */
export function useCopyLink(
  stay: Meeting,
  isPersonal: boolean,
): [string, (() => void) | undefined] {
  const [told, setTold] = useState('');
  // Before the room is known, nobody can tell whose link it is.
  const role = useStore(stay.store, ({ room }) => room?.role);
  const hosts = role !== undefined && isHost(role);
  const hasHosted = useRef(false);
  useEffect(() => {
    hasHosted.current ||= hosts;
  }, [hosts]);
  useEffect(() => {
    if (told === '') return;
    const timer = setTimeout(() => setTold(''), shownForMs);
    return () => clearTimeout(timer);
  }, [told]);
  const copy = useCallback(async () => {
    // Asked now: an effect comes after what it follows was shown, and may come after a click.
    const { room } = stay.store.get();
    const isOwnLink = room !== undefined && !isHost(room.role) && !hasHosted.current;
    try {
      await copyText(isOwnLink ? location.href : () => stay.api.invite());
      setTold(text('room.linkCopied'));
    } catch {
      setTold(text(isOwnLink ? 'room.linkNotCopied' : 'room.noLinkCopied'));
    }
  }, [stay]);
  return [told, hosts || (role !== undefined && !isPersonal) ? copy : undefined];
}
