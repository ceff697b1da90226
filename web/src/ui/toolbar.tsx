import { useEffect, useRef } from 'react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { canShareScreen, type Meeting } from '../session/meeting.js';
import { text } from '../strings/index.js';
import { Icon, type IconName } from './icons.js';
import type { PanelName } from './room.js';
import { keyOf } from './shortcuts.js';
import { ToolButton } from './tool-button.js';
import { useMediaQuery, useStore } from './use-store.js';

interface ToolbarProps {
  stay: Meeting;
  title: string;
  panel: PanelName | undefined;
  onPanel: (name: PanelName) => void;
  onCopyLink: () => void;
  onSettings: () => void;
}

/** Where not every button fits, microphone, camera, chat and leave stay; the rest is in "More". */
export function Toolbar(props: ToolbarProps) {
  const { stay, title, panel, onPanel } = props;
  const isNarrow = useMediaQuery('(width < 640px)');
  const unread = useStore(stay.store, (state) => state.chat.unread);
  const bar = useRef<HTMLDivElement>(null);
  // The person pressed "Join" a moment ago: the focus goes on here.
  useEffect(() => bar.current?.focus(), []);
  const badge = unread > 0 ? unreadBadge(unread) : undefined;
  const chat = (
    <ToolButton
      icon="chat"
      label={text('tool.chat')}
      shortcut={keyOf('chat')}
      isExpanded={panel === 'chat'}
      badge={badge}
      onPress={() => onPanel('chat')}
    />
  );
  return (
    <div
      ref={bar}
      className="toolbar"
      role="toolbar"
      aria-label={text('tool.toolbar')}
      data-region
      tabIndex={-1}
    >
      <p className="toolbar-title">
        <bdi>{title}</bdi>
      </p>
      <div className="toolbar-main">
        <DeviceButtons stay={stay} />
        {!isNarrow && <ShareButton stay={stay} />}
        {isNarrow && chat}
        {isNarrow && <MoreMenu {...props} />}
        <ToolButton icon="leave" label={text('tool.leave')} isDanger onPress={stay.leave} />
      </div>
      {!isNarrow && (
        <div className="toolbar-side">
          {chat}
          <ToolButton
            icon="people"
            label={text('tool.participants')}
            shortcut={keyOf('people')}
            isExpanded={panel === 'participants'}
            onPress={() => onPanel('participants')}
          />
          <ToolButton icon="link" label={text('tool.copyLink')} onPress={props.onCopyLink} />
          <ToolButton icon="settings" label={text('tool.settings')} onPress={props.onSettings} />
        </div>
      )}
    </div>
  );
}

function unreadBadge(count: number) {
  return { count, description: text('room.unread', { count }) };
}

function DeviceButtons({ stay }: { stay: Meeting }) {
  const muted = useStore(stay.local.store, (state) => state.muted);
  const hasCamera = useStore(stay.local.store, (state) => state.camera.track !== undefined);
  return (
    <>
      <ToolButton
        icon={muted ? 'microphoneOff' : 'microphone'}
        label={text(muted ? 'tool.unmute' : 'tool.mute')}
        shortcut={keyOf('microphone')}
        isPressed={muted}
        isOff={muted}
        onPress={() => stay.toggleMute()}
      />
      <ToolButton
        icon={hasCamera ? 'camera' : 'cameraOff'}
        label={text(hasCamera ? 'tool.stopVideo' : 'tool.startVideo')}
        shortcut={keyOf('camera')}
        isPressed={!hasCamera}
        isOff={!hasCamera}
        onPress={() => stay.toggleCamera()}
      />
    </>
  );
}

function ShareButton({ stay }: { stay: Meeting }) {
  const isSharing = useStore(stay.store, (state) => state.screen !== undefined);
  return (
    <ToolButton
      icon={isSharing ? 'screenOff' : 'screen'}
      label={text(isSharing ? 'tool.stopSharing' : 'tool.share')}
      shortcut={keyOf('share')}
      isPressed={isSharing}
      isDisabled={!canShareScreen}
      onPress={() => stay.toggleSharing()}
    />
  );
}

function MoreMenu({ stay, onPanel, onCopyLink, onSettings }: ToolbarProps) {
  const isSharing = useStore(stay.store, (state) => state.screen !== undefined);
  const share = canShareScreen
    ? isSharing
      ? 'tool.stopSharing'
      : 'tool.share'
    : 'tool.shareMissing';
  const item = (icon: IconName, label: string, act: () => void, isDisabled = false) => (
    <MenuItem className="menu-item" textValue={label} onAction={act} isDisabled={isDisabled}>
      <Icon name={icon} />
      {label}
    </MenuItem>
  );
  return (
    <MenuTrigger>
      <Button className="tool" aria-label={text('tool.more')}>
        <Icon name="more" />
      </Button>
      <Popover className="popover">
        <Menu className="menu">
          {item(
            isSharing ? 'screenOff' : 'screen',
            text(share),
            () => stay.toggleSharing(),
            !canShareScreen,
          )}
          {item('people', text('tool.participants'), () => onPanel('participants'))}
          {item('link', text('tool.copyLink'), onCopyLink)}
          {item('settings', text('tool.settings'), onSettings)}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
