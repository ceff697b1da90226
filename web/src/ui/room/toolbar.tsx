import { useEffect, useRef } from 'react';
import { canShareScreen } from '../../session/screen-share.js';
import { text } from '../../strings/index.js';
import { ToolButton } from '../tool-button.js';
import { useMediaQuery, useStore } from '../use-store.js';
import { MoreMenu } from './more-menu.js';
import { RecordingMenu } from './recording-menu.js';
import { useRoomUi } from './room-ui.js';
import { shareLabel } from './share-label.js';
import { useKeyHint } from './use-key-hint.js';
import { useHandUp, useRights } from './use-rights.js';
import { ViewMenu } from './view-menu.js';

/** Where not every button fits, microphone, camera, chat and leave stay; the rest is in "More". */
export function Toolbar({ title }: { title: string }) {
  const { stay, ask, copyLink } = useRoomUi();
  const isNarrow = useMediaQuery('(width < 780px)');
  const { role } = useRights();
  const bar = useRef<HTMLDivElement>(null);
  // The person pressed "Join" a moment ago: the focus goes on here.
  useEffect(() => bar.current?.focus(), []);
  return (
    <div
      ref={bar}
      className="toolbar"
      role="toolbar"
      aria-label={text('tool.toolbar')}
      data-region
      tabIndex={-1}
    >
      <p className="toolbar-title" dir="auto">
        {title}
      </p>
      <div className="toolbar-main">
        <DeviceButtons />
        {!isNarrow && <MoodButtons />}
        {isNarrow && <ChatButton />}
        {isNarrow && <MoreMenu />}
        <ToolButton icon="leave" label={text('tool.leave')} isDanger onPress={stay.leave} />
        {!isNarrow && role === 'host' && (
          <ToolButton icon="end" label={text('tool.end')} onPress={() => ask('end')} />
        )}
      </div>
      {!isNarrow && (
        <div className="toolbar-side">
          <RecordingMenu />
          <ViewMenu />
          <ChatButton />
          <PeopleButton />
          {copyLink && <ToolButton icon="link" label={text('tool.copyLink')} onPress={copyLink} />}
          <ToolButton
            icon="settings"
            label={text('tool.settings')}
            onPress={() => ask('settings')}
          />
        </div>
      )}
    </div>
  );
}

function ChatButton() {
  const { stay, panel, togglePanel } = useRoomUi();
  const hint = useKeyHint();
  const unread = useStore(stay.store, (state) => state.chat.unread);
  const badge = { count: unread, description: text('room.unread', { count: unread }) };
  return (
    <ToolButton
      icon="chat"
      label={text('tool.chat')}
      shortcut={hint('chat')}
      isExpanded={panel === 'chat'}
      badge={unread > 0 ? badge : undefined}
      onPress={() => togglePanel('chat')}
    />
  );
}

function PeopleButton() {
  const { stay, panel, togglePanel } = useRoomUi();
  const hint = useKeyHint();
  const waiting = useStore(stay.store, (state) => state.room?.lobby.length ?? 0);
  const badge = { count: waiting, description: text('lobby.count', { count: waiting }) };
  return (
    <ToolButton
      icon="people"
      label={text('tool.participants')}
      shortcut={hint('people')}
      isExpanded={panel === 'participants'}
      badge={waiting > 0 ? badge : undefined}
      onPress={() => togglePanel('participants')}
    />
  );
}

/** A click leaves the focus where it is, so that Space goes on being push-to-talk. */
function DeviceButtons() {
  const { stay } = useRoomUi();
  const hint = useKeyHint();
  const { grants } = useRights();
  const muted = useStore(stay.local.store, (state) => state.muted);
  const hasCamera = useStore(stay.local.store, (state) => state.camera.track !== undefined);
  return (
    <>
      <ToolButton
        icon={muted ? 'microphoneOff' : 'microphone'}
        label={text(muted ? 'tool.unmute' : 'tool.mute')}
        shortcut={hint('microphone')}
        isPressed={muted}
        isOff={muted}
        isDisabled={!grants.publish.includes('microphone')}
        keepsFocusAway
        onPress={() => stay.switches.toggleMute()}
      />
      <ToolButton
        icon={hasCamera ? 'camera' : 'cameraOff'}
        label={text(hasCamera ? 'tool.stopVideo' : 'tool.startVideo')}
        shortcut={hint('camera')}
        isPressed={!hasCamera}
        isOff={!hasCamera}
        isDisabled={!grants.publish.includes('camera')}
        keepsFocusAway
        onPress={() => stay.switches.toggleCamera()}
      />
    </>
  );
}

/** Screen, hand and reactions. */
function MoodButtons() {
  const { stay, react } = useRoomUi();
  const hint = useKeyHint();
  const { grants } = useRights();
  const isSharing = useStore(stay.store, (state) => state.screen !== undefined);
  const hasHandUp = useHandUp();
  const mayShare = canShareScreen && grants.publish.includes('screen');
  return (
    <>
      <ToolButton
        icon={isSharing ? 'screenOff' : 'screen'}
        label={text(shareLabel(isSharing))}
        shortcut={hint('share')}
        isPressed={isSharing}
        isDisabled={!mayShare}
        onPress={() => stay.toggleSharing()}
      />
      <ToolButton
        icon="hand"
        label={text(hasHandUp ? 'tool.lowerHand' : 'tool.raiseHand')}
        shortcut={hint('hand')}
        isPressed={hasHandUp}
        keepsFocusAway
        onPress={() => stay.toggleHand()}
      />
      <ToolButton
        icon="smile"
        label={text('tool.react')}
        shortcut={hint('react')}
        onPress={react}
      />
    </>
  );
}
