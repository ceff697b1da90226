import { type UIEvent, useLayoutEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import type { ChatLog } from '../../session/chat-log.js';
import { text } from '../../strings/index.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { Icon } from '../icons.js';
import { useStore } from '../use-store.js';
import { Composer } from './chat-composer.js';
import { Message, Outgoing } from './chat-message.js';
import { heardAlways } from './notices.js';
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
  const chat = useStore(stay.store, (state) => state.chat);
  if (chat.messages.length + chat.outgoing.length > 0) return <MessageList chat={chat} />;
  return (
    <div className="panel-empty">
      <Icon name="chat" />
      <p>{text('chat.empty')}</p>
      <p className="muted">{text('chat.emptyHint')}</p>
    </div>
  );
}

function MessageList({ chat }: { chat: ChatLog }) {
  const following = useFollowing(chat);
  return (
    <div
      {...following}
      {...heardAlways}
      className="messages"
      role="log"
      aria-label={text('chat.title')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reached by keyboard.
      tabIndex={0}
    >
      {chat.messages.map((message) => (
        <Message key={message.message_id} message={message} />
      ))}
      {chat.outgoing.map((message) => (
        <Outgoing key={message.key} message={message} />
      ))}
    </div>
  );
}

/** So near to the end that the next message may push what is in view; CSS pixels. */
const nearPx = 60;

/**
 * Stays at the end, and goes there with what one writes oneself; whoever reads older messages is
 * left where they are. Returns properties of the list.
 */
function useFollowing({ messages, outgoing }: ChatLog) {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const last = messages.at(-1)?.message_id;
  const own = outgoing.at(-1)?.key;
  const goToEnd = () => list.current?.scrollTo({ top: list.current.scrollHeight });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new message is what scrolls it.
  useLayoutEffect(() => {
    if (isAtEnd.current) goToEnd();
  }, [last, own]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above.
  useLayoutEffect(() => {
    if (own !== undefined) goToEnd();
  }, [own]);
  const onScroll = ({ currentTarget }: UIEvent<HTMLElement>) => {
    const { scrollHeight, scrollTop, clientHeight } = currentTarget;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < nearPx;
  };
  return { ref: list, onScroll };
}
