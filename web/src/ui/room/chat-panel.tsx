import { useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { text } from '../../strings/index.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { Icon } from '../icons.js';
import { useStore } from '../use-store.js';
import { Composer } from './chat-composer.js';
import { Message, Outgoing } from './chat-message.js';
import { useRoomUi } from './room-ui.js';
import { SidePanel } from './side-panel.js';
import { useRights } from './use-rights.js';

export function ChatPanel() {
  const { stay, closePanel } = useRoomUi();
  const { isHost, grants } = useRights();
  const hasMessages = useStore(stay.store, (state) => state.chat.messages.length > 0);
  return (
    <SidePanel
      title={text('chat.title')}
      closeLabel={text('chat.close')}
      onClose={closePanel}
      tools={isHost && hasMessages && <ClearButton />}
    >
      <Messages />
      {grants.chat ? <Composer /> : <p className="panel-note">{text('chat.off')}</p>}
    </SidePanel>
  );
}

function ClearButton() {
  const { stay } = useRoomUi();
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <Button
        className="icon-button"
        aria-label={text('chat.clear')}
        onPress={() => setIsAsking(true)}
      >
        <Icon name="trash" />
      </Button>
      <ConfirmDialog
        isOpen={isAsking}
        title={text('chat.clearTitle')}
        detail={text('chat.clearText')}
        action={text('chat.clearConfirm')}
        onConfirm={() => void stay.chat.clear()}
        onClose={() => setIsAsking(false)}
      />
    </>
  );
}

function Messages() {
  const { stay } = useRoomUi();
  const { messages, outgoing } = useStore(stay.store, (state) => state.chat);
  const list = useRef<HTMLDivElement>(null);
  const shown = messages.length + outgoing.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a longer list is what scrolls it.
  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [shown]);
  if (shown === 0) {
    return (
      <div className="panel-empty">
        <Icon name="chat" />
        <p>{text('chat.empty')}</p>
        <p className="muted">{text('chat.emptyHint')}</p>
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reached by keyboard.
    <div ref={list} className="messages" role="log" aria-label={text('chat.title')} tabIndex={0}>
      {messages.map((message) => (
        <Message key={message.message_id} message={message} />
      ))}
      {outgoing.map((message) => (
        <Outgoing key={message.key} message={message} />
      ))}
    </div>
  );
}
