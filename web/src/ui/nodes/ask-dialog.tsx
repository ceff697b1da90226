import type { ReactNode } from 'react';
import { Button } from 'react-aria-components';
import { text } from '../../strings/index.js';
import { PlainDialog } from '../plain-dialog.js';
import { SubmitForm } from '../site/submit-form.js';

interface AskDialogProps {
  title: string;
  /** What happens then. */
  detail: string;
  /** The label of the button that does it. */
  action: string;
  onConfirm: () => Promise<void>;
  onClose: () => void;
  isDanger?: boolean;
  /** Choices that go with it. */
  children?: ReactNode;
}

/** A question that stays, with what was chosen, until the server has done it: else it says why. */
export function AskDialog(props: AskDialogProps) {
  const { title, detail, action, onConfirm, onClose, isDanger = false, children } = props;
  const submit = async () => {
    await onConfirm();
    onClose();
  };
  return (
    <PlainDialog title={title} isOpen onClose={onClose}>
      <p className="muted">{detail}</p>
      <SubmitForm
        label={action}
        onSubmit={submit}
        isDanger={isDanger}
        actions={
          <Button className="button" onPress={onClose}>
            {text('form.cancel')}
          </Button>
        }
      >
        {children}
      </SubmitForm>
    </PlainDialog>
  );
}
