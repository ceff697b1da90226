import type { FormEvent } from 'react';
import {
  Button,
  FieldError,
  Form,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  TextArea,
  TextField,
  type TextFieldProps,
} from 'react-aria-components';
import { bodyLimitBytes } from '../../session/chat-log.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { useStore } from '../use-store.js';
import { useRoomUi } from './room-ui.js';

const utf8 = new TextEncoder();
const everybody = 'everybody';

export function Composer() {
  const { stay } = useRoomUi();
  const { draft } = stay.chat;
  const { body, to } = useStore(draft, (value) => value);
  const name = useStore(stay.store, (state) => state.room?.participants.get(to ?? '')?.name);
  // Whoever is gone gets nothing that was meant for them alone; the text stays where it is.
  const isGone = to !== undefined && name === undefined;
  const isTooLong = utf8.encode(body).length > bodyLimitBytes;
  const send = () => {
    if (body.trim() !== '' && !isTooLong && !isGone) void stay.chat.send();
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    send();
  };
  const onKeyDown: NonNullable<TextFieldProps['onKeyDown']> = (event) => {
    const isSending = event.key === 'Enter' && !event.shiftKey;
    if (!isSending || isOfComposition(event.nativeEvent)) return event.continuePropagation();
    event.preventDefault();
    send();
  };
  const placeholder =
    name === undefined ? text('chat.placeholder') : text('chat.writeTo', { name });
  return (
    <Form className="composer" onSubmit={onSubmit} validationBehavior="aria">
      <Recipient to={to} onChange={(id) => draft.patch({ to: id })} />
      <TextField
        className="field"
        value={body}
        onChange={(typed) => draft.patch({ body: typed })}
        isInvalid={isTooLong || isGone}
        onKeyDown={onKeyDown}
        autoFocus
      >
        <Label className="visually-hidden">{text('chat.field')}</Label>
        <TextArea ref={moveToEnd} rows={2} placeholder={placeholder} dir="auto" />
        <FieldError>{text(isGone ? 'chat.gone' : 'chat.tooLong')}</FieldError>
      </TextField>
      <Button type="submit" className="icon-button primary" aria-label={text('chat.send')}>
        <Icon name="send" />
      </Button>
    </Form>
  );
}

/** A draft is gone on with. */
function moveToEnd(area: HTMLTextAreaElement | null): void {
  area?.setSelectionRange(area.value.length, area.value.length);
}

/** It ends a composition. Safari has ended it already and leaves 229 (UI Events, legacy key attributes). */
function isOfComposition({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}

interface RecipientProps {
  /** Undefined: everybody. */
  to: string | undefined;
  onChange: (to: string | undefined) => void;
}

/** Everybody, or one person; only where the meeting allows it and there is somebody. */
function Recipient({ to = everybody, onChange }: RecipientProps) {
  const { stay } = useRoomUi();
  const room = useStore(stay.store, (state) => state.room);
  const people = [...(room?.participants.values() ?? [])].filter(
    ({ id, kind }) => id !== room?.selfId && kind === undefined,
  );
  const mayChoose = room?.policy.private_chat !== false && people.length > 0;
  if (!mayChoose && to === everybody) return null;
  const options = [{ id: everybody, name: text('chat.everybody') }, ...people];
  return (
    <Select
      className="recipient"
      value={options.some(({ id }) => id === to) ? to : null}
      onChange={(id) => onChange(id === everybody ? undefined : String(id))}
      placeholder={text('chat.gone')}
    >
      <Label>{text('chat.to')}</Label>
      <Button className="select-button">
        <SelectValue />
        <Icon name="chevron" />
      </Button>
      <Popover className="popover">
        <ListBox className="listbox">
          {options.map(({ id, name }) => (
            <ListBoxItem key={id} id={id} className="listbox-item" textValue={name}>
              <bdi>{name}</bdi>
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
