import { Button } from 'react-aria-components';
import type { ChatMessage } from '../../../../client/src/index.js';
import { bodyParts, type OutgoingMessage } from '../../session/chat-log.js';
import { text, timeOfDay } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { Avatar } from '../site/avatar.js';
import { useStore } from '../use-store.js';
import { useRoomUi } from './room-ui.js';
import { useRights } from './use-rights.js';

export function Message({ message }: { message: ChatMessage }) {
  const { stay } = useRoomUi();
  const { isHost } = useRights();
  const selfId = useStore(stay.store, (state) => state.room?.selfId);
  const isOwn = message.from === selfId;
  // As the person is called now; who has left, as they were called when they wrote.
  const sender = useStore(stay.store, (state) => state.room?.participants.get(message.from));
  const name = sender?.name ?? message.from_name;
  return (
    <article
      className="message"
      data-own={isOwn || undefined}
      data-private={message.to !== undefined || undefined}
    >
      <header>
        <Avatar name={name} url={sender?.avatar_url ?? null} />
        <bdi className="message-from">{isOwn ? text('chat.you') : name}</bdi>
        {message.to !== undefined && <PrivateMark to={message.to} isOwn={isOwn} />}
        <time dateTime={message.sent_at}>{timeOfDay(message.sent_at)}</time>
        {(isOwn || isHost) && (
          <Button
            className="message-delete"
            aria-label={text('chat.delete', { name })}
            onPress={() => void stay.chat.remove(message.message_id)}
          >
            <Icon name="trash" />
          </Button>
        )}
      </header>
      <Body body={message.body} />
    </article>
  );
}

/** Who else sees it. */
function PrivateMark({ to, isOwn }: { to: string; isOwn: boolean }) {
  const { stay } = useRoomUi();
  const name = useStore(stay.store, (state) => state.room?.participants.get(to)?.name);
  return (
    <span className="tag">
      {isOwn && name !== undefined ? text('chat.privateTo', { name }) : text('chat.private')}
    </span>
  );
}

export function Outgoing({ message }: { message: OutgoingMessage }) {
  const { stay } = useRoomUi();
  const { body, state } = message;
  return (
    <article className="message" data-own data-state={state}>
      <header>
        <span className="message-from">{text('chat.you')}</span>
        <span>{text(state === 'failed' ? 'chat.failed' : 'chat.sending')}</span>
      </header>
      <Body body={body} />
      {state === 'failed' && (
        <Button className="text-button" onPress={() => stay.chat.resend(message)}>
          {text('chat.retry')}
        </Button>
      )}
    </article>
  );
}

function Body({ body }: { body: string }) {
  let at = 0;
  return (
    <p className="message-body" dir="auto">
      {bodyParts(body).map((part) => {
        const content = 'link' in part ? part.link : part.text;
        const key = at;
        at += content.length;
        return 'link' in part ? (
          <a key={key} href={part.link} target="_blank" rel="noopener noreferrer">
            {content}
          </a>
        ) : (
          <span key={key}>{content}</span>
        );
      })}
    </p>
  );
}
