import { type ReactNode, useEffect } from 'react';
import { Button } from 'react-aria-components';
import type { Summary } from '../../session/announcements.js';
import type { Meeting } from '../../session/meeting.js';
import type { Notice } from '../../session/meeting-state.js';
import { asksToReload, errorText, text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { recordingReason } from '../recording-texts.js';
import { ReloadButton } from '../reload-button.js';
import { useStore } from '../use-store.js';
import { ConsentQuestion } from './consent-dialog.js';
import { useRoomUi } from './room-ui.js';
import { useRights } from './use-rights.js';

const shownForMs = 6_000;

/** Where a menu or a dialog makes the page around it inert, react-aria leaves these to be heard. */
export const heardAlways = { 'data-live-announcer': 'true' };

/** What concerns this person now: assertive for screen readers, at the top for the others. */
export function Banners({ copied }: { copied: string }) {
  const { stay } = useRoomUi();
  const isReconnecting = useStore(
    stay.store,
    ({ connection, offline }) => connection === 'reconnecting' || offline,
  );
  const isMediaLost = useStore(stay.store, (state) => state.isMediaLost);
  const isSoundBlocked = useStore(stay.store, (state) => state.soundBlocked);
  const notice = useStore(stay.store, (state) => state.notice);
  useEffect(() => {
    if (!notice || asksForReload(notice)) return;
    const timer = setTimeout(() => stay.dismissNotice(), shownForMs);
    return () => clearTimeout(timer);
  }, [stay, notice]);
  return (
    <div className="banners">
      {isReconnecting && (
        <p className="banner">
          <span className="spinner" aria-hidden="true" />
          <Alert>{text('room.reconnectingBanner')}</Alert>
        </p>
      )}
      <QuestionBanner />
      <ConsentQuestion />
      {notice && <NoticeBanner key={notice.serial} notice={notice} />}
      {isSoundBlocked && (
        <p className="banner">
          <Alert>{text('room.soundBlocked')}</Alert>
          <Button className="button primary" onPress={() => stay.media.resumeSound()}>
            {text('room.playSound')}
          </Button>
        </p>
      )}
      <div>
        <LobbyBanner />
      </div>
      <div role="status" {...heardAlways}>
        {isMediaLost && !isReconnecting && <MediaLostBanner />}
        {copied && <p className="banner">{copied}</p>}
      </div>
    </div>
  );
}

/** Polite, unlike the loss of the server: what somebody says or hears goes on in a moment by itself. */
function MediaLostBanner() {
  return (
    <p className="banner" data-media-lost>
      <span className="spinner" aria-hidden="true" />
      {text('room.mediaLostBanner')}
    </p>
  );
}

/** The words of a banner alone: its buttons are as inert as the page. */
export function Alert({ children }: { children: ReactNode }) {
  return (
    <span role="alert" {...heardAlways}>
      {children}
    </span>
  );
}

/** A host's, until it is answered: by the button, by any other way to unmute, or by "no". */
function QuestionBanner() {
  const { stay } = useRoomUi();
  if (!useStore(stay.store, (state) => state.isAskedToUnmute)) return null;
  return (
    <p className="banner">
      <Alert>{text('notice.askedToUnmute')}</Alert>
      <Button className="button primary small" onPress={() => void stay.switches.unmute()}>
        {text('tool.unmute')}
      </Button>
      <Dismiss onPress={() => stay.switches.decline()} />
    </p>
  );
}

function NoticeBanner({ notice }: { notice: Notice }) {
  const { stay } = useRoomUi();
  return (
    <p className="banner">
      <Alert>{noticeText(notice)}</Alert>
      {asksForReload(notice) && <ReloadButton />}
      <Dismiss onPress={() => stay.dismissNotice()} />
    </p>
  );
}

function Dismiss({ onPress }: { onPress: () => void }) {
  return (
    <Button className="icon-button" aria-label={text('room.dismiss')} onPress={onPress}>
      <Icon name="close" />
    </Button>
  );
}

/** It stays until somebody says so: who takes a while to reach the button finds it there. */
function asksForReload(notice: Notice): boolean {
  return notice.kind === 'refused' && asksToReload(notice.code);
}

function noticeText(notice: Notice): string {
  if (notice.kind === 'refused') return errorText(notice.code);
  if (notice.kind === 'recordingFailed') {
    return text('notice.recordingFailed', { reason: recordingReason(notice.reason) });
  }
  if (notice.kind === 'role') return text(`notice.role.${notice.role}`);
  return text(`notice.${notice.kind}`);
}

/** Somebody waits at the door; the announcer says it to who does not look. */
function LobbyBanner() {
  const { stay, panel, togglePanel } = useRoomUi();
  const { isHost } = useRights();
  const lobby = useStore(stay.store, (state) => state.room?.lobby);
  const [first] = lobby ?? [];
  if (!isHost || !lobby || !first || panel === 'participants') return null;
  const { name, participant_id } = first;
  const rest = lobby.length - 1;
  return (
    <div className="banner" data-knock>
      <span>
        {rest === 0 ? text('lobby.knocks', { name }) : text('lobby.knocksMore', { name, rest })}
      </span>
      <Button
        className="button primary small"
        aria-label={text('lobby.admitOne', { name })}
        onPress={() => stay.moderation.admit(participant_id)}
      >
        {text('lobby.admit')}
      </Button>
      <Button className="button small" onPress={() => togglePanel('participants')}>
        {text('lobby.show')}
      </Button>
    </div>
  );
}

/** For screen readers alone: who came, who went, who wrote. */
export function Announcements({ stay }: { stay: Meeting }) {
  const announcement = useStore(stay.store, (state) => state.announcement);
  return (
    <div className="visually-hidden" role="status" aria-live="polite" {...heardAlways}>
      {announcement && <p key={announcement.serial}>{summaryText(announcement.summary)}</p>}
    </div>
  );
}

function summaryText(summary: Summary): string {
  if (summary.kind === 'recording') return text(`announce.recording.${summary.news}`);
  if ('count' in summary) {
    return text(`announce.${summary.kind}Many`, { count: summary.count });
  }
  return text(`announce.${summary.kind}`, { name: summary.name });
}
