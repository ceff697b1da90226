import { type FormEvent, useState } from 'react';
import { Button, Form, Input, Label, TextField } from 'react-aria-components';
import type { Waiting } from '../../../../client/src/index.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { useRoomUi } from './room-ui.js';
import { Waited } from './waited.js';

/** Who waits to be let in; hosts alone see it. `L` brings the focus here. */
export function LobbySection({ lobby }: { lobby: readonly Waiting[] }) {
  const { stay } = useRoomUi();
  return (
    <section
      className="panel-section"
      aria-label={text('lobby.title')}
      data-lobby
      tabIndex={-1}
      hidden={lobby.length === 0}
    >
      <header className="section-head">
        <h3>
          {text('lobby.title')} <span className="muted">{lobby.length}</span>
        </h3>
        <Button className="text-button" onPress={() => stay.moderation.admitAll()}>
          {text('lobby.admitAll')}
        </Button>
      </header>
      <ul className="waiting-list">
        {lobby.map((person) => (
          <WaitingRow key={person.participant_id} person={person} />
        ))}
      </ul>
      <LobbyMessage />
    </section>
  );
}

function WaitingRow({ person }: { person: Waiting }) {
  const { stay } = useRoomUi();
  const { participant_id: id, name, since } = person;
  return (
    <li className="waiting-row">
      <span className="person-name">
        <bdi>{name}</bdi>
      </span>
      <Waited since={since} />
      <span className="waiting-actions">
        <Button
          className="button small primary"
          aria-label={text('lobby.admitOne', { name })}
          onPress={() => stay.moderation.admit(id)}
        >
          {text('lobby.admit')}
        </Button>
        <Button
          className="icon-button small"
          aria-label={text('lobby.denyOne', { name })}
          onPress={() => stay.moderation.deny(id)}
        >
          <Icon name="close" />
        </Button>
      </span>
    </li>
  );
}

/** To all who wait, and to those who will. */
function LobbyMessage() {
  const { stay } = useRoomUi();
  const [body, setBody] = useState('');
  const send = (event: FormEvent) => {
    event.preventDefault();
    const wanted = body.trim();
    if (wanted === '') return;
    stay.moderation.tellLobby(wanted);
    setBody('');
  };
  return (
    <Form className="lobby-message" onSubmit={send}>
      <TextField className="field" value={body} onChange={setBody} maxLength={500}>
        <Label className="visually-hidden">{text('lobby.message')}</Label>
        <Input placeholder={text('lobby.message')} dir="auto" />
      </TextField>
      <Button type="submit" className="icon-button" aria-label={text('lobby.send')}>
        <Icon name="send" />
      </Button>
    </Form>
  );
}
