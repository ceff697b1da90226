import { type FormEvent, useState } from 'react';
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
  const [body, setBody] = useState('');
  const [to, setTo] = useState(everybody);
  const name = useStore(stay.store, (state) => state.room?.participants.get(to)?.name);
  // Whoever is gone gets nothing that was meant for them alone; the text stays where it is.
  const isGone = to !== everybody && name === undefined;
  const isTooLong = utf8.encode(body).length > bodyLimitBytes;
  const send = () => {
    const wanted = body.trim();
    if (wanted === '' || isTooLong || isGone) return;
    void stay.chat.send(wanted, to === everybody ? undefined : to);
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
  const placeholder =
    name === undefined ? text('chat.placeholder') : text('chat.writeTo', { name });
  return (
    <Form className="composer" onSubmit={onSubmit} validationBehavior="aria">
      <Recipient to={to} onChange={setTo} />
      <TextField
        className="field"
        value={body}
        onChange={setBody}
        isInvalid={isTooLong || isGone}
        onKeyDown={onKeyDown}
        autoFocus
      >
        <Label className="visually-hidden">{text('chat.field')}</Label>
        <TextArea rows={2} placeholder={placeholder} dir="auto" />
        <FieldError>{text(isGone ? 'chat.gone' : 'chat.tooLong')}</FieldError>
      </TextField>
      <Button type="submit" className="icon-button primary" aria-label={text('chat.send')}>
        <Icon name="send" />
      </Button>
    </Form>
  );
}

/** Everybody, or one person; only where the meeting allows it and there is somebody. */
function Recipient({ to, onChange }: { to: string; onChange: (to: string) => void }) {
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
      onChange={(id) => onChange(String(id))}
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
