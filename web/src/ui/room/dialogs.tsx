import { text } from '../../strings/index.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { MuteAllDialog } from './mute-all-dialog.js';
import { type DialogName, useRoomUi } from './room-ui.js';
import { SecurityDialog } from './security-dialog.js';
import { SettingsDialog } from './settings-dialog.js';
import { ShortcutsDialog } from './shortcuts-dialog.js';

/** At most one is open; each closes into what had the focus before. */
export function Dialogs({ shown }: { shown: DialogName | undefined }) {
  const { stay, ask } = useRoomUi();
  const close = () => ask(undefined);
  return (
    <>
      <SettingsDialog isOpen={shown === 'settings'} onClose={close} />
      <ShortcutsDialog isOpen={shown === 'shortcuts'} onClose={close} />
      <SecurityDialog isOpen={shown === 'security'} onClose={close} />
      <MuteAllDialog isOpen={shown === 'muteAll'} onClose={close} />
      <ConfirmDialog
        isOpen={shown === 'lowerHands'}
        title={text('hands.lowerAllTitle')}
        detail={text('hands.lowerAllText')}
        action={text('hands.lowerAll')}
        onConfirm={() => stay.moderation.lowerAllHands()}
        onClose={close}
      />
      <ConfirmDialog
        isOpen={shown === 'stopRecording'}
        title={text('recording.stopTitle')}
        detail={text('recording.stopText')}
        action={text('recording.stopConfirm')}
        onConfirm={stay.recording.stop}
        onClose={close}
      />
      <ConfirmDialog
        isOpen={shown === 'leave'}
        title={text('leave.title')}
        detail={text('leave.text')}
        action={text('tool.leave')}
        onConfirm={stay.leave}
        onClose={close}
      />
      <ConfirmDialog
        isOpen={shown === 'end'}
        title={text('end.title')}
        detail={text('end.text')}
        action={text('end.confirm')}
        onConfirm={() => stay.moderation.end()}
        onClose={close}
      />
    </>
  );
}
