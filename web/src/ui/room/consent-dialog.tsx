import { useEffect, useState } from 'react';
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import type { ConsentRequest } from '../../session/recording.js';
import { text } from '../../strings/index.js';
import { useStore } from '../use-store.js';
import { Alert } from './notices.js';
import { useRoomUi } from './room-ui.js';

/**
 * Asks this person, or tells them. Nothing runs out: who closes the question has not answered, and
 * finds it in the banner. The focus is on the words, so that a key that was meant for a message
 * answers nothing.
 */
export function ConsentQuestion() {
  const { stay } = useRoomUi();
  const question = useStore(stay.store, ({ room }) => room?.recording.question);
  const [closed, setClosed] = useState<string>();
  const [isOpen, setIsOpen] = useState(false);
  const id = question?.recording_id;
  const isAsked = question !== undefined && question.policy !== 'inform';
  useEffect(() => setIsOpen(isAsked && id !== closed), [isAsked, id, closed]);
  if (!question) return null;
  if (!isAsked) return <InformBanner />;
  const close = () => {
    setIsOpen(false);
    setClosed(id);
  };
  return (
    <>
      {!isOpen && (
        <p className="banner">
          <Alert>{text('consent.open')}</Alert>
          <Button className="button primary small" onPress={() => setIsOpen(true)}>
            {text('consent.answer')}
          </Button>
        </p>
      )}
      <ConsentDialog policy={question.policy} isOpen={isOpen} onClose={close} />
    </>
  );
}

/** Nothing is asked: the word itself is what is owed. */
function InformBanner() {
  const { stay } = useRoomUi();
  return (
    <p className="banner">
      <Alert>{text('consent.inform')}</Alert>
      <Button className="button small" onPress={stay.recording.dismiss}>
        {text('consent.understood')}
      </Button>
    </p>
  );
}

interface ConsentDialogProps {
  policy: ConsentRequest['policy'];
  isOpen: boolean;
  onClose: () => void;
}

function ConsentDialog({ policy, isOpen, onClose }: ConsentDialogProps) {
  const { stay } = useRoomUi();
  const answer = (accept: boolean) => {
    onClose();
    void stay.recording.answer(accept);
  };
  return (
    <ModalOverlay
      className="modal-overlay"
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
    >
      <Modal className="modal small">
        <Dialog role="alertdialog" className="dialog">
          <Heading slot="title" level={2}>
            {text('consent.title')}
          </Heading>
          <p>{text('consent.what')}</p>
          <p>
            {text(policy === 'all_must_accept' ? 'consent.all_must_accept' : 'consent.ask_each')}
          </p>
          <p className="muted">{text('consent.change')}</p>
          <div className="equal-actions">
            <Button className="button" onPress={() => answer(true)}>
              {text('consent.yes')}
            </Button>
            <Button className="button" onPress={() => answer(false)}>
              {text('consent.no')}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
