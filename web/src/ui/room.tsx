import { useEffect, useRef, useState } from 'react';
import type { Meeting } from '../session/meeting.js';
import type { Settings } from '../session/settings.js';
import { text } from '../strings/index.js';
import { ChatPanel } from './chat-panel.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { Gallery } from './gallery.js';
import { Announcements, Banners } from './notices.js';
import { ParticipantsPanel } from './participants-panel.js';
import { SettingsDialog } from './settings-dialog.js';
import { useShortcuts } from './shortcuts.js';
import { ShortcutsDialog } from './shortcuts-dialog.js';
import { StatsOverlay } from './stats-overlay.js';
import { Toolbar } from './toolbar.js';
import { useCopyLink } from './use-copy-link.js';
import { useStore } from './use-store.js';

export type PanelName = 'chat' | 'participants';
type DialogName = 'settings' | 'shortcuts' | 'leave';

interface RoomProps {
  stay: Meeting;
  settings: Settings;
  title: string;
}

export function Room({ stay, settings, title }: RoomProps) {
  const [panel, setPanel] = usePanel(stay);
  const [dialog, setDialog] = useState<DialogName>();
  const [page, setPage] = useState(0);
  const [hasStats, setHasStats] = useState(false);
  const [copied, copyLink] = useCopyLink();
  const togglePanel = (name: PanelName) => setPanel(panel === name ? undefined : name);
  const closePanel = () => setPanel(undefined);

  useShortcuts(
    {
      microphone: () => void stay.toggleMute(),
      camera: () => void stay.toggleCamera(),
      share: () => void stay.toggleSharing(),
      chat: () => togglePanel('chat'),
      people: () => togglePanel('participants'),
      previous: () => setPage((value) => value - 1),
      next: () => setPage((value) => value + 1),
      stats: () => setHasStats((shown) => !shown),
      pin: (digit) => pinByNumber(digit),
      unpin: () => stay.unpinAll(),
      list: () => setDialog('shortcuts'),
      leave: () => setDialog('leave'),
    },
    settings,
  );

  return (
    <div className="room" data-panel={panel}>
      <h1 className="visually-hidden">{title}</h1>
      <Banners stay={stay} copied={copied} />
      <Stage stay={stay} page={page} onPage={setPage} />
      {hasStats && <StatsOverlay stay={stay} onClose={() => setHasStats(false)} />}
      {panel === 'chat' && <ChatPanel stay={stay} onClose={closePanel} />}
      {panel === 'participants' && <ParticipantsPanel stay={stay} onClose={closePanel} />}
      <Toolbar
        stay={stay}
        title={title}
        panel={panel}
        onPanel={togglePanel}
        onCopyLink={copyLink}
        onSettings={() => setDialog('settings')}
      />
      <Announcements stay={stay} />
      <Dialogs stay={stay} settings={settings} shown={dialog} onShow={setDialog} />
    </div>
  );
}

/** The tile with that number, as they stand on the page. */
function pinByNumber(digit: number): void {
  document.querySelectorAll<HTMLElement>('[data-pin]')[digit - 1]?.click();
}

interface StageProps {
  stay: Meeting;
  page: number;
  onPage: (page: number) => void;
}

function Stage({ stay, page, onPage }: StageProps) {
  const room = useStore(stay.store, (state) => state.room);
  return (
    <main className="stage" data-region tabIndex={-1}>
      {room ? (
        <Gallery stay={stay} room={room} page={page} onPage={onPage} />
      ) : (
        <p className="stage-wait" role="status">
          <span className="spinner" aria-hidden="true" />
          {text('room.joining')}
        </p>
      )}
    </main>
  );
}

interface DialogsProps {
  stay: Meeting;
  settings: Settings;
  shown: DialogName | undefined;
  onShow: (name: DialogName | undefined) => void;
}

function Dialogs({ stay, settings, shown, onShow }: DialogsProps) {
  const close = () => onShow(undefined);
  return (
    <>
      <SettingsDialog
        stay={stay}
        isOpen={shown === 'settings'}
        onClose={close}
        onShortcuts={() => onShow('shortcuts')}
      />
      <ShortcutsDialog settings={settings} isOpen={shown === 'shortcuts'} onClose={close} />
      <ConfirmDialog
        isOpen={shown === 'leave'}
        title={text('leave.title')}
        detail={text('leave.text')}
        action={text('tool.leave')}
        onConfirm={stay.leave}
        onClose={close}
      />
    </>
  );
}

/** One panel at a time; closing it gives the focus back to what had it before. */
function usePanel(stay: Meeting) {
  const [panel, show] = useState<PanelName>();
  const opener = useRef<Element | null>(null);
  useEffect(() => stay.setChatOpen(panel === 'chat'), [stay, panel]);
  const setPanel = (next: PanelName | undefined) => {
    if (next && !panel) opener.current = document.activeElement;
    show(next);
    if (!next && opener.current instanceof HTMLElement) opener.current.focus();
  };
  return [panel, setPanel] as const;
}
