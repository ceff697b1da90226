import { Button } from 'react-aria-components';
import { mayModerate } from '../../session/roles.js';
import type { Hand, RoomState } from '../../session/room-state.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { useRoomUi } from './room-ui.js';
import { useRights } from './use-rights.js';
import { Waited } from './waited.js';

/** Who asks to speak, in the order in which they asked. */
export function HandsSection({ room }: { room: RoomState }) {
  const { ask } = useRoomUi();
  const { isHost } = useRights();
  if (room.hands.length === 0) return null;
  return (
    <section className="panel-section" aria-label={text('hands.title')}>
      <header className="section-head">
        <h3>
          {text('hands.title')} <span className="muted">{room.hands.length}</span>
        </h3>
        {isHost && (
          <Button className="text-button" onPress={() => ask('lowerHands')}>
            {text('hands.lowerAll')}
          </Button>
        )}
      </header>
      <ol className="hands" data-hands>
        {room.hands.map((hand) => (
          <HandRow key={hand.participant_id} room={room} hand={hand} />
        ))}
      </ol>
    </section>
  );
}

function HandRow({ room, hand }: { room: RoomState; hand: Hand }) {
  const { stay } = useRoomUi();
  const person = room.participants.get(hand.participant_id);
  if (!person) return null;
  const { id, name } = person;
  const isOwn = id === room.selfId;
  const lower = () => (isOwn ? void stay.toggleHand() : stay.moderation.lowerHand(id));
  return (
    <li className="waiting-row">
      <span className="person-name">
        <bdi>{isOwn ? text('room.you', { name }) : name}</bdi>
      </span>
      <Waited since={hand.raised_at} />
      {(isOwn || mayModerate(room.role, person.role)) && (
        <Button
          className="icon-button small"
          aria-label={text('hands.lower', { name })}
          onPress={lower}
        >
          <Icon name="handDown" />
        </Button>
      )}
    </li>
  );
}
