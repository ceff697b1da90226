import { text } from '../../strings/index.js';
import { ConfirmDialog } from '../confirm-dialog.js';

/** What people log in with changes after a fresh login only. */
export function ReloginDialog(props: { onConfirm: () => void; onClose: () => void }) {
  return (
    <ConfirmDialog
      isOpen
      title={text('account.staleTitle')}
      detail={text('account.staleText')}
      action={text('account.staleAction')}
      isHarmless
      {...props}
    />
  );
}
