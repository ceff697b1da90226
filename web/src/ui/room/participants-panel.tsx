import { Button } from 'react-aria-components';
import type { Participant } from '../../../../client/src/index.js';
import { mayModerate } from '../../session/roles.js';
import { handOrder, publicationOf, type RoomState } from '../../session/room-state.js';
import { text } from '../../strings/index.js';
import { Icon, type IconName } from '../icons.js';
import { Avatar } from '../site/avatar.js';
import { useStore } from '../use-store.js';
import { HandsSection } from './hands-section.js';
import { LobbySection } from './lobby-section.js';
import { PersonMenu } from './person-menu.js';
import { useRoomUi } from './room-ui.js';
import { SidePanel } from './side-panel.js';
import { useRights } from './use-rights.js';

export function ParticipantsPanel() {
  const { stay, closePanel } = useRoomUi();
  const { isHost } = useRights();
  const room = useStore(stay.store, (state) => state.room);
  if (!room) return null;
  const people = [...room.participants.values()];
  const title = (
    <>
      {text('people.title')} <span className="muted">{people.length}</span>
    </>
  );
  return (
    <SidePanel title={title} closeLabel={text('people.close')} onClose={closePanel}>
      <div className="panel-scroll">
        {isHost && <LobbySection lobby={room.lobby} />}
        <HandsSection room={room} />
        <ul className="people-list" aria-label={text('people.title')}>
          {people.map((person) => (
            <Person key={person.id} room={room} person={person} />
          ))}
        </ul>
      </div>
      {isHost && <HostFooter />}
    </SidePanel>
  );
}

function HostFooter() {
  const { ask } = useRoomUi();
  return (
    <footer className="panel-foot">
      <Button className="button small" onPress={() => ask('muteAll')}>
        <Icon name="microphoneOff" />
        {text('host.muteAll')}
      </Button>
      <Button className="button small" onPress={() => ask('security')}>
        <Icon name="shield" />
        {text('security.title')}
      </Button>
    </footer>
  );
}

function Person({ room, person }: { room: RoomState; person: Participant }) {
  const { stay } = useRoomUi();
  const isSelf = person.id === room.selfId;
  const local = useStore(stay.local.store, (state) => state);
  const isMuted = isSelf
    ? local.muted
    : (publicationOf(room, person.id, 'microphone')?.muted ?? true);
  const hasCamera = isSelf
    ? local.camera.track !== undefined
    : publicationOf(room, person.id, 'camera')?.muted === false;
  const { name, role } = person;
  const hand = handOrder(room, person.id);
  return (
    <li className="person" data-person={person.id} data-role={role}>
      <span className="person-name">
        <Avatar name={name} url={person.avatar_url ?? null} />
        <bdi>{isSelf ? text('room.you', { name }) : name}</bdi>
        {role !== 'participant' && <span className="tag">{text(`role.${role}`)}</span>}
        {hand > 0 && <State icon="hand" label={text('room.handUp')} />}
      </span>
      <State
        icon={isMuted ? 'microphoneOff' : 'microphone'}
        label={text(isMuted ? 'people.microphoneOff' : 'people.microphoneOn')}
      />
      <State
        icon={hasCamera ? 'camera' : 'cameraOff'}
        label={text(hasCamera ? 'people.cameraOn' : 'people.cameraOff')}
      />
      {mayModerate(room.role, role) && !isSelf ? (
        <PersonMenu room={room} person={person} isMuted={isMuted} hasCamera={hasCamera} />
      ) : (
        <span className="person-place" />
      )}
    </li>
  );
}

function State({ icon, label }: { icon: IconName; label: string }) {
  return (
    <span className="person-state">
      <Icon name={icon} />
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
