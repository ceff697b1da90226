import { useEffect } from 'react';
import { Button } from 'react-aria-components';
import type { Summary } from '../session/announcements.js';
import type { Meeting } from '../session/meeting.js';
import type { Notice } from '../session/meeting-state.js';
import { errorText, text } from '../strings/index.js';
import { Icon } from './icons.js';
import { useStore } from './use-store.js';

const shownForMs = 6_000;

/** What concerns this person now: assertive for screen readers, at the top for the others. */
export function Banners({ stay, copied }: { stay: Meeting; copied: string }) {
  const isReconnecting = useStore(stay.store, (state) => state.connection === 'reconnecting');
  const isSoundBlocked = useStore(stay.store, (state) => state.soundBlocked);
  const notice = useStore(stay.store, (state) => state.notice);
  useEffect(() => {
    if (!notice) return;
    const timer = setTimeout(() => stay.dismissNotice(), shownForMs);
    return () => clearTimeout(timer);
  }, [stay, notice]);
  return (
    <div className="banners">
      <div role="alert">
        {isReconnecting && (
          <p className="banner">
            <span className="spinner" aria-hidden="true" />
            {text('room.reconnectingBanner')}
          </p>
        )}
        {notice && (
          <p className="banner">
            {noticeText(notice)}
            <Button
              className="icon-button"
              aria-label={text('room.dismiss')}
              onPress={() => stay.dismissNotice()}
            >
              <Icon name="close" />
            </Button>
          </p>
        )}
        {isSoundBlocked && (
          <p className="banner">
            {text('room.soundBlocked')}
            <Button className="button primary" onPress={() => stay.resumeSound()}>
              {text('room.playSound')}
            </Button>
          </p>
        )}
      </div>
      <div role="status">{copied && <p className="banner">{copied}</p>}</div>
    </div>
  );
}

function noticeText(notice: Notice): string {
  if (notice.kind === 'mutedByHost') return text('room.mutedByHost');
  if (notice.kind === 'cameraStoppedByHost') return text('room.cameraStoppedByHost');
  return errorText(notice.code);
}

/** For screen readers alone: who came, who went, who wrote. */
export function Announcements({ stay }: { stay: Meeting }) {
  const announcement = useStore(stay.store, (state) => state.announcement);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {announcement && <p key={announcement.serial}>{summaryText(announcement.summary)}</p>}
    </div>
  );
}

function summaryText(summary: Summary): string {
  if ('count' in summary) {
    return text(`announce.${summary.kind}Many`, { count: summary.count });
  }
  return text(`announce.${summary.kind}`, { name: summary.name });
}
