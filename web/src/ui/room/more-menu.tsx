import { Button, Menu, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { isPhone } from '../../session/device-class.js';
import { canShareScreen } from '../../session/screen-share.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { useStore } from '../use-store.js';
import { toggleFullScreen } from './full-screen.js';
import { Item } from './menu-item.js';
import { useRecordingItems } from './recording-menu.js';
import { useRoomUi } from './room-ui.js';
import { shareLabel } from './share-label.js';
import { useHandUp, useRights } from './use-rights.js';

/** All that has no button of its own on a narrow screen. */
export function MoreMenu() {
  const { stay, ask, react, togglePanel, copyLink } = useRoomUi();
  const { role } = useRights();
  const waiting = useStore(stay.store, (state) => state.room?.lobby.length ?? 0);
  const layout = useStore(stay.store, (state) => state.layout);
  const hasHandUp = useHandUp();
  const hasCamera = useStore(stay.local.store, (state) => state.camera.track !== undefined);
  const recordingItems = useRecordingItems();
  const otherLayout = layout === 'gallery' ? 'speaker' : 'gallery';
  return (
    <MenuTrigger>
      <Button className="tool" aria-label={text('tool.more')}>
        <Icon name="more" />
        {waiting > 0 && <span className="badge dot" aria-hidden="true" />}
      </Button>
      <Popover className="popover">
        <Menu className="menu">
          <Item
            icon="hand"
            label={text(hasHandUp ? 'tool.lowerHand' : 'tool.raiseHand')}
            act={() => void stay.toggleHand()}
          />
          <Item icon="smile" label={text('tool.react')} act={react} />
          <ShareItem />
          <Item
            icon="people"
            label={text('tool.participants')}
            count={waiting}
            act={() => togglePanel('participants')}
          />
          {recordingItems.length > 0 && <Separator className="separator" />}
          {recordingItems}
          <Separator className="separator" />
          <Item
            icon="layout"
            label={text(`view.${otherLayout}`)}
            act={() => stay.view.setLayout(otherLayout)}
          />
          <Item icon="fullScreen" label={text('view.fullScreen')} act={toggleFullScreen} />
          {isPhone() && hasCamera && (
            <Item
              icon="flip"
              label={text('tool.flipCamera')}
              act={() => void stay.local.flipCamera()}
            />
          )}
          {copyLink && <Item icon="link" label={text('tool.copyLink')} act={copyLink} />}
          <Item icon="settings" label={text('tool.settings')} act={() => ask('settings')} />
          {role === 'host' && (
            <Item icon="end" label={text('tool.end')} act={() => ask('end')} isDanger />
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function ShareItem() {
  const { stay } = useRoomUi();
  const { grants } = useRights();
  const isSharing = useStore(stay.store, (state) => state.screen !== undefined);
  return (
    <Item
      icon={isSharing ? 'screenOff' : 'screen'}
      label={text(shareLabel(isSharing))}
      isDisabled={!canShareScreen || !grants.publish.includes('screen')}
      act={() => void stay.toggleSharing()}
    />
  );
}
