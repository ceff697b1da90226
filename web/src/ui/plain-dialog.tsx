import type { ReactNode } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { text } from '../strings/index.js';
import { Icon } from './icons.js';
import { keptFocus } from './kept-focus.js';

interface PlainDialogProps {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  /** By its button and Esc only: what is under it would be lost. */
  isFirm?: boolean;
  children: ReactNode;
}

/** Takes the focus, keeps it, closes on Esc and gives the focus back. */
export function PlainDialog({ title, isOpen, onClose, isFirm, children }: PlainDialogProps) {
  return (
    <ModalOverlay
      className="modal-overlay"
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable={!isFirm}
    >
      <Modal className="modal">
        <Dialog className="dialog" ref={keptFocus}>
          <header className="panel-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            <Button className="icon-button" aria-label={text('settings.close')} onPress={onClose}>
              <Icon name="close" />
            </Button>
          </header>
          <div className="dialog-body">{children}</div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
