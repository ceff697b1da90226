import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { Participant } from '../protocol/messages.js';
import type { Meeting } from '../session/meeting.js';
import { publicationOf, type RoomState } from '../session/room-state.js';
import { text } from '../strings/index.js';
import { ConfirmDialog } from './confirm-dialog.js';
import { Icon, type IconName } from './icons.js';
import { SidePanel } from './side-panel.js';
import { useStore } from './use-store.js';

export function ParticipantsPanel({ stay, onClose }: { stay: Meeting; onClose: () => void }) {
  const room = useStore(stay.store, (state) => state.room);
  const [leaving, setLeaving] = useState<Participant>();
  const people = [...(room?.participants.values() ?? [])];
  const title = (
    <>
      {text('people.title')} <span className="muted">{people.length}</span>
    </>
  );
  return (
    <SidePanel title={title} closeLabel={text('people.close')} onClose={onClose}>
      <ul className="people-list">
        {room &&
          people.map((person) => (
            <Person
              key={person.id}
              stay={stay}
              room={room}
              person={person}
              onRemove={() => setLeaving(person)}
            />
          ))}
      </ul>
      <ConfirmDialog
        isOpen={leaving !== undefined}
        title={text('people.removeTitle', { name: leaving?.name ?? '' })}
        detail={text('people.removeText')}
        action={text('people.removeConfirm')}
        onConfirm={() => leaving && stay.removeOther(leaving.id)}
        onClose={() => setLeaving(undefined)}
      />
    </SidePanel>
  );
}

interface PersonProps {
  stay: Meeting;
  room: RoomState;
  person: Participant;
  onRemove: () => void;
}

function Person({ stay, room, person, onRemove }: PersonProps) {
  const isSelf = person.id === room.selfId;
  const local = useStore(stay.local.store, (state) => state);
  const isMuted = isSelf
    ? local.muted
    : (publicationOf(room, person.id, 'microphone')?.muted ?? true);
  const hasCamera = isSelf
    ? local.camera.track !== undefined
    : publicationOf(room, person.id, 'camera')?.muted === false;
  const mayModerate = room.role !== 'participant' && !isSelf;
  const { name } = person;
  return (
    <li className="person">
      <span className="person-name">
        <bdi>{isSelf ? text('room.you', { name }) : name}</bdi>
        {person.role !== 'participant' && <span className="tag">{text('people.host')}</span>}
      </span>
      <State
        icon={isMuted ? 'microphoneOff' : 'microphone'}
        label={text(isMuted ? 'people.microphoneOff' : 'people.microphoneOn')}
      />
      <State
        icon={hasCamera ? 'camera' : 'cameraOff'}
        label={text(hasCamera ? 'people.cameraOn' : 'people.cameraOff')}
      />
      {mayModerate && (
        <span className="person-actions">
          <Button
            className="text-button"
            aria-label={text('people.mute', { name })}
            isDisabled={isMuted}
            onPress={() => stay.muteOther(person.id, 'microphone')}
          >
            {text('tool.mute')}
          </Button>
          <Button
            className="text-button danger"
            aria-label={text('people.remove', { name })}
            onPress={onRemove}
          >
            {text('people.removeConfirm')}
          </Button>
        </span>
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
