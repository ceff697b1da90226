import { useState } from 'react';
import { text } from '../../strings/index.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { Toggle } from '../site/toggle.js';
import { useRoomUi } from './room-ui.js';

export function MuteAllDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { stay } = useRoomUi();
  const [mayUnmute, setMayUnmute] = useState(true);
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title={text('host.muteAllTitle')}
      detail={text('host.muteAllText')}
      action={text('host.muteAll')}
      onConfirm={() => stay.moderation.muteAll(mayUnmute)}
      onClose={onClose}
    >
      <Toggle label={text('host.mayUnmute')} isOn={mayUnmute} onChange={setMayUnmute} />
    </ConfirmDialog>
  );
}
