import type { ReactNode } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { text } from '../strings/index.js';

interface ConfirmDialogProps {
  isOpen: boolean;
  title: string;
  detail: string;
  /** The label of the button that does it. */
  action: string;
  onConfirm: () => void;
  onClose: () => void;
  /** Nothing is lost by it. */
  isHarmless?: boolean;
  /** A choice that goes with it. */
  children?: ReactNode;
}

/** A question before something that cannot be taken back. Esc and Cancel do nothing. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { isOpen, title, detail, action, onConfirm, onClose, isHarmless, children } = props;
  const confirm = () => {
    onClose();
    onConfirm();
  };
  return (
    <ModalOverlay
      className="modal-overlay"
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable
    >
      <Modal className="modal small">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          <p className="muted">{detail}</p>
          {children}
          <div className="dialog-actions">
            <Button className="button" onPress={onClose} autoFocus>
              {text('people.cancel')}
            </Button>
            <Button className={isHarmless ? 'button primary' : 'button danger'} onPress={confirm}>
              {action}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
