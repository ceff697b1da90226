import { Button, Menu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import type { Layout } from '../../session/stage-plan.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { useStore } from '../use-store.js';
import { toggleFullScreen } from './full-screen.js';
import { Item } from './menu-item.js';
import { useRoomUi } from './room-ui.js';

const layouts = ['gallery', 'speaker'] as const;

/** Layout, pins, full screen and statistics: how this viewer looks at the meeting. */
export function ViewMenu() {
  const { stay, toggleStats } = useRoomUi();
  const layout = useStore(stay.store, (state) => state.layout);
  const hasPins = useStore(stay.store, (state) => state.pinned.size > 0);
  return (
    <MenuTrigger>
      <Button className="tool" aria-label={text('view.title')}>
        <Icon name="layout" />
      </Button>
      <Popover className="popover">
        <Menu className="menu">
          {layouts.map((each) => (
            <LayoutItem
              key={each}
              layout={each}
              isChosen={each === layout}
              onChoose={() => stay.view.setLayout(each)}
            />
          ))}
          <Separator className="separator" />
          <Item
            icon="pin"
            label={text('view.unpinAll')}
            isDisabled={!hasPins}
            act={() => stay.view.unpinAll()}
          />
          <Item icon="fullScreen" label={text('view.fullScreen')} act={toggleFullScreen} />
          <Item icon="quality3" label={text('stats.title')} act={toggleStats} />
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function LayoutItem(props: { layout: Layout; isChosen: boolean; onChoose: () => void }) {
  const { layout, isChosen, onChoose } = props;
  const label = text(`view.${layout}`);
  return (
    <MenuItem
      className="menu-item"
      textValue={isChosen ? text('view.chosen', { label }) : label}
      aria-label={isChosen ? text('view.chosen', { label }) : label}
      onAction={onChoose}
    >
      <Icon name={layout === 'gallery' ? 'gallery' : 'speakerView'} />
      {label}
      {isChosen && <Icon name="check" />}
    </MenuItem>
  );
}
