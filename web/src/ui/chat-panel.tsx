import { type FormEvent, useEffect, useRef, useState } from 'react';
import {
  Button,
  FieldError,
  Form,
  Label,
  TextArea,
  TextField,
  type TextFieldProps,
} from 'react-aria-components';
import type { ChatMessage } from '../protocol/messages.js';
import { bodyLimitBytes, bodyParts, type OutgoingMessage } from '../session/chat-log.js';
import type { Meeting } from '../session/meeting.js';
import { text, timeOfDay } from '../strings/index.js';
import { Icon } from './icons.js';
import { SidePanel } from './side-panel.js';
import { useStore } from './use-store.js';

export function ChatPanel({ stay, onClose }: { stay: Meeting; onClose: () => void }) {
  const isOff = useStore(stay.store, ({ room }) => room?.grants.chat === false);
  return (
    <SidePanel title={text('chat.title')} closeLabel={text('chat.close')} onClose={onClose}>
      <Messages stay={stay} />
      {isOff ? <p className="panel-note">{text('chat.off')}</p> : <Composer stay={stay} />}
    </SidePanel>
  );
}

function Messages({ stay }: { stay: Meeting }) {
  const { messages, outgoing } = useStore(stay.store, (state) => state.chat);
  const selfId = useStore(stay.store, (state) => state.room?.selfId);
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
        <Message key={message.message_id} message={message} isOwn={message.from === selfId} />
      ))}
      {outgoing.map((message) => (
        <Outgoing key={message.key} message={message} stay={stay} />
      ))}
    </div>
  );
}

function Message({ message, isOwn }: { message: ChatMessage; isOwn: boolean }) {
  return (
    <article className="message" data-own={isOwn || undefined}>
      <header>
        <bdi className="message-from">{isOwn ? text('chat.you') : message.from_name}</bdi>
        <time dateTime={message.sent_at}>{timeOfDay(message.sent_at)}</time>
      </header>
      <Body body={message.body} />
    </article>
  );
}

function Outgoing({ message, stay }: { message: OutgoingMessage; stay: Meeting }) {
  const { key, body, state } = message;
  return (
    <article className="message" data-own data-state={state}>
      <header>
        <span className="message-from">{text('chat.you')}</span>
        <span>{text(state === 'failed' ? 'chat.failed' : 'chat.sending')}</span>
      </header>
      <Body body={body} />
      {state === 'failed' && (
        <Button className="text-button" onPress={() => stay.sendChat(body, key)}>
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

const utf8 = new TextEncoder();

function Composer({ stay }: { stay: Meeting }) {
  const [body, setBody] = useState('');
  const isTooLong = utf8.encode(body).length > bodyLimitBytes;
  const send = () => {
    const wanted = body.trim();
    if (wanted === '' || isTooLong) return;
    void stay.sendChat(wanted);
    setBody('');
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  const onKeyDown: NonNullable<TextFieldProps['onKeyDown']> = (event) => {
    const isSending = event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing;
    if (!isSending) return event.continuePropagation();
    event.preventDefault();
    send();
  };
  return (
    <Form className="composer" onSubmit={onSubmit} validationBehavior="aria">
      <TextField
        className="field"
        value={body}
        onChange={setBody}
        isInvalid={isTooLong}
        onKeyDown={onKeyDown}
        autoFocus
      >
        <Label className="visually-hidden">{text('chat.field')}</Label>
        <TextArea rows={2} placeholder={text('chat.placeholder')} dir="auto" />
        <FieldError>{text('chat.tooLong')}</FieldError>
      </TextField>
      <Button type="submit" className="icon-button primary" aria-label={text('chat.send')}>
        <Icon name="send" />
      </Button>
    </Form>
  );
}
