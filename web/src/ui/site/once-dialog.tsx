import { type ReactNode, useState } from 'react';
import { Button } from 'react-aria-components';
import { text } from '../../strings/index.js';
import { PlainDialog } from '../plain-dialog.js';
import { CopyButton } from './copy-button.js';

interface OnceDialogProps {
  title: string;
  onClose: () => void;
  /** On the button that copies it. */
  copy: string;
  /** Said of it when it is there. */
  told: string;
  /** The form that makes it. */
  children: (onMade: (secret: string) => void) => ReactNode;
}

/** Makes something secret by a form, then shows it: once. A stray click loses neither. */
export function OnceDialog({ title, onClose, copy, told, children }: OnceDialogProps) {
  const [secret, setSecret] = useState('');
  return (
    <PlainDialog title={title} isOpen onClose={onClose} isFirm>
      {/* There before its text: of what comes with it a screen reader may say nothing. */}
      <p role="status" className={secret ? undefined : 'visually-hidden'}>
        {secret && told}
      </p>
      {secret ? (
        <>
          <p className="secret" dir="ltr">
            {secret}
          </p>
          <div className="dialog-actions">
            <CopyButton value={secret} label={copy} isPrimary />
            <Button className="button" onPress={onClose}>
              {text('settings.close')}
            </Button>
          </div>
        </>
      ) : (
        children(setSecret)
      )}
    </PlainDialog>
  );
}
