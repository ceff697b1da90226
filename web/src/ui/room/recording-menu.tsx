import { Button, Menu, MenuTrigger, Popover } from 'react-aria-components';
import { isRecording, mayChangeConsent } from '../../session/recording.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { useStore } from '../use-store.js';
import { Item } from './menu-item.js';
import { useRoomUi } from './room-ui.js';
import { useRights } from './use-rights.js';

/** What this person can do about the recording now: items of a menu, none at all for most. */
export function useRecordingItems(): React.ReactElement[] {
  const { stay, ask } = useRoomUi();
  const { isHost } = useRights();
  const recording = useStore(stay.store, ({ room }) => room?.recording);
  const rule = useStore(stay.store, ({ room }) => room?.policy.recording.consent);
  if (!recording) return [];
  const { state, accepted } = recording;
  const items: React.ReactElement[] = [];
  if (isHost && state === null) {
    items.push(
      <Item key="start" icon="record" label={text('recording.start')} act={stay.recording.start} />,
    );
  }
  if (isHost && isRecording(state)) {
    const label = text('recording.pause');
    items.push(<Item key="pause" icon="pause" label={label} act={stay.recording.pause} />);
  }
  if (isHost && state?.state === 'paused') {
    const label = text('recording.resume');
    items.push(<Item key="resume" icon="record" label={label} act={stay.recording.start} />);
  }
  if (isHost && state !== null) {
    const stop = () => ask('stopRecording');
    items.push(<Item key="stop" icon="stop" label={text('recording.stop')} act={stop} isDanger />);
  }
  if (rule !== 'inform' && mayChangeConsent(recording)) {
    items.push(
      <Item
        key="me"
        icon={accepted ? 'recordMeNot' : 'recordMe'}
        label={text(accepted ? 'recording.me.stop' : 'recording.me.allow')}
        act={() => void stay.recording.answer(!accepted)}
      />,
    );
  }
  return items;
}

/** In the toolbar, where there is room for it. */
export function RecordingMenu() {
  const items = useRecordingItems();
  if (items.length === 0) return null;
  return (
    <MenuTrigger>
      <Button className="tool" aria-label={text('recording.menu')}>
        <Icon name="record" />
      </Button>
      <Popover className="popover">
        <Menu className="menu">{items}</Menu>
      </Popover>
    </MenuTrigger>
  );
}
