import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { Meeting } from '../../session/meeting.js';
import { isHost } from '../../session/roles.js';
import type { Settings } from '../../session/settings.js';
import { ShortcutKeys } from '../../session/shortcut-keys.js';
import { text } from '../../strings/index.js';
import { useStore } from '../use-store.js';
import { ChatPanel } from './chat-panel.js';
import { Dialogs } from './dialogs.js';
import { toggleFullScreen } from './full-screen.js';
import { Gallery } from './gallery.js';
import { Announcements, Banners } from './notices.js';
import { ParticipantsPanel } from './participants-panel.js';
import { ReactionBar, ReactionStream } from './reaction-bar.js';
import { RecordingStatus } from './recording-status.js';
import { type DialogName, type PanelName, type RoomUi, RoomUiContext } from './room-ui.js';
import { type ShortcutActions, useShortcuts } from './shortcuts.js';
import { StatsOverlay } from './stats-overlay.js';
import { Toolbar } from './toolbar.js';
import { useCopyLink } from './use-copy-link.js';

interface RoomProps {
  stay: Meeting;
  settings: Settings;
  title: string;
  /** Came by a link that opens for nobody else. */
  isPersonal: boolean;
}

export function Room({ stay, settings, title, isPersonal }: RoomProps) {
  const [keys] = useState(() => new ShortcutKeys(settings));
  const [panel, setPanel] = usePanel(stay);
  const [dialog, ask] = useState<DialogName>();
  const [page, setPage] = useState(0);
  const [hasStats, setHasStats] = useState(false);
  const [isReacting, setReacting] = useReacting();
  const [copied, copyLink] = useCopyLink(stay, isPersonal);
  const ui: RoomUi = {
    ...{ stay, settings, keys, panel, ask, copyLink },
    togglePanel: (name) => setPanel(panel === name ? undefined : name),
    closePanel: () => setPanel(undefined),
    react: () => setReacting(true),
    toggleStats: () => setHasStats((shown) => !shown),
  };
  const open = (name: PanelName) => setPanel(name);
  useShortcuts(keys, {
    ...ownActions(ui),
    ...hostActions(ui, open),
    previous: () => setPage((value) => value - 1),
    next: () => setPage((value) => value + 1),
  });
  return (
    <RoomUiContext value={ui}>
      <div className="room" data-panel={panel}>
        <h1 className="visually-hidden">{title}</h1>
        <Banners copied={copied} />
        <RecordingStatus />
        <Stage page={page} onPage={setPage} stay={stay}>
          <ReactionStream />
          {isReacting && <ReactionBar onClose={() => setReacting(false)} />}
        </Stage>
        {hasStats && <StatsOverlay stay={stay} onClose={() => setHasStats(false)} />}
        {panel === 'chat' && <ChatPanel />}
        {panel === 'participants' && <ParticipantsPanel />}
        <Toolbar title={title} />
        <Announcements stay={stay} />
        <Dialogs shown={dialog} />
      </div>
    </RoomUiContext>
  );
}

type OwnActions = Omit<ShortcutActions, 'previous' | 'next' | keyof HostActions>;
type HostActions = Pick<ShortcutActions, 'lobby' | 'admit' | 'muteAll' | 'lowerHands' | 'record'>;

function ownActions({ stay, togglePanel, ask, react, toggleStats }: RoomUi): OwnActions {
  return {
    microphone: () => void stay.switches.toggleMute(),
    talk: (isHeld) => stay.switches.talk(isHeld),
    camera: () => void stay.switches.toggleCamera(),
    share: () => void stay.toggleSharing(),
    hand: () => void stay.toggleHand(),
    react,
    chat: () => togglePanel('chat'),
    people: () => togglePanel('participants'),
    layout: () => stay.view.toggleLayout(),
    fullScreen: toggleFullScreen,
    stats: toggleStats,
    pin: pinByNumber,
    unpin: () => stay.view.unpinAll(),
    list: () => ask('shortcuts'),
    leave: () => ask('leave'),
  };
}

/** Keys that do nothing for anybody else. */
function hostActions({ stay, ask }: RoomUi, open: (panel: PanelName) => void): HostActions {
  const asHost = (act: () => void) => () => {
    const { room } = stay.store.get();
    if (room && isHost(room.role)) act();
  };
  return {
    lobby: asHost(() => {
      open('participants');
      // After the panel is there.
      setTimeout(() => document.querySelector<HTMLElement>('[data-lobby]')?.focus());
    }),
    admit: asHost(() => {
      const first = stay.store.get().room?.lobby[0];
      if (first) stay.moderation.admit(first.participant_id);
    }),
    muteAll: asHost(() => ask('muteAll')),
    lowerHands: asHost(() => ask('lowerHands')),
    record: asHost(() => stay.recording.toggle(() => ask('stopRecording'))),
  };
}

/** The tile with that number, as they stand on the page. */
function pinByNumber(digit: number): void {
  document.querySelectorAll<HTMLElement>('[data-pin]')[digit - 1]?.click();
}

interface StageProps {
  stay: Meeting;
  page: number;
  onPage: (page: number) => void;
  children: ReactNode;
}

function Stage({ stay, page, onPage, children }: StageProps) {
  const room = useStore(stay.store, (state) => state.room);
  return (
    <main className="stage" data-region tabIndex={-1}>
      {room ? (
        <Gallery room={room} page={page} onPage={onPage} />
      ) : (
        <p className="stage-wait" role="status">
          <span className="spinner" aria-hidden="true" />
          {text('room.joining')}
        </p>
      )}
      {children}
    </main>
  );
}

/** What a panel was opened by may be gone when it is closed: then the controls take the focus. */
function giveFocusTo(opener: Element | null): void {
  const isThere = opener instanceof HTMLElement && opener.isConnected;
  const next = isThere ? opener : document.querySelector<HTMLElement>('.toolbar');
  next?.focus();
}

/** One panel at a time; closing it gives the focus back to what had it before. */
function usePanel(stay: Meeting) {
  const [panel, show] = useState<PanelName>();
  const opener = useRef<Element | null>(null);
  useEffect(() => stay.chat.setOpen(panel === 'chat'), [stay, panel]);
  const setPanel = (next: PanelName | undefined) => {
    if (next && !panel) opener.current = document.activeElement;
    show(next);
    if (!next) giveFocusTo(opener.current);
  };
  return [panel, setPanel] as const;
}

/** The reactions take the focus and give it back. */
function useReacting() {
  const [isReacting, show] = useState(false);
  const opener = useRef<Element | null>(null);
  const set = (on: boolean) => {
    if (on) opener.current = document.activeElement;
    show(on);
    if (!on) giveFocusTo(opener.current);
  };
  return [isReacting, set] as const;
}
