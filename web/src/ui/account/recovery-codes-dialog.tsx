import { Button } from 'react-aria-components';
import { text } from '../../strings/index.js';
import { PlainDialog } from '../plain-dialog.js';
import { CopyButton } from '../site/copy-button.js';

/** Shown once: each of them logs in once in place of a code. */
export function RecoveryCodesDialog(props: { codes: string[]; onClose: () => void }) {
  const { codes, onClose } = props;
  return (
    <PlainDialog title={text('account.recovery')} isOpen onClose={onClose}>
      <p>{text('account.recoveryText')}</p>
      <ul className="recovery-codes" dir="ltr">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="dialog-actions">
        <CopyButton value={codes.join('\n')} label={text('account.copyCodes')} />
        <Button className="button primary" onPress={onClose}>
          {text('account.keptCodes')}
        </Button>
      </div>
    </PlainDialog>
  );
}
