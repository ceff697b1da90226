import { useState } from 'react';
import { Button, Menu, MenuTrigger, Popover, Separator } from 'react-aria-components';
import type { Participant, Role } from '../../../../client/src/index.js';
import { rolesToGive } from '../../session/roles.js';
import { handOrder, publicationOf, type RoomState } from '../../session/room-state.js';
import { text } from '../../strings/index.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { Icon, type IconName } from '../icons.js';
import { Item } from './menu-item.js';
import { useRoomUi } from './room-ui.js';

interface PersonMenuProps {
  room: RoomState;
  person: Participant;
  isMuted: boolean;
  hasCamera: boolean;
}

type Question = 'remove' | 'block' | 'host';

/** What a host may do about one person. What cannot be taken back is asked first. */
export function PersonMenu(props: PersonMenuProps) {
  const { person } = props;
  const [question, setQuestion] = useState<Question>();
  return (
    <>
      <MenuTrigger>
        <Button
          className="icon-button small"
          aria-label={text('people.actions', { name: person.name })}
        >
          <Icon name="more" />
        </Button>
        <Popover className="popover" placement="bottom end">
          <Menu className="menu">
            <MediaItems {...props} />
            <Separator className="separator" />
            <RoleItems {...props} onAsk={setQuestion} />
            <Separator className="separator" />
            <Item
              icon="remove"
              label={text('people.remove')}
              act={() => setQuestion('remove')}
              isDanger
            />
            <Item
              icon="block"
              label={text('people.block')}
              act={() => setQuestion('block')}
              isDanger
            />
          </Menu>
        </Popover>
      </MenuTrigger>
      <PersonQuestion person={person} question={question} onClose={() => setQuestion(undefined)} />
    </>
  );
}

function MediaItems(props: PersonMenuProps) {
  const { room, person, isMuted, hasCamera } = props;
  const { stay } = useRoomUi();
  const { moderation } = stay;
  const { id } = person;
  const screen = publicationOf(room, id, 'screen');
  const shown = screen ?? publicationOf(room, id, 'camera');
  const isLit = shown !== undefined && room.spotlight.includes(shown.publication_id);
  const spotlight = () => {
    if (!shown) return;
    const others = room.spotlight.filter((each) => each !== shown.publication_id);
    moderation.spotlight(isLit ? others : [...others, shown.publication_id]);
  };
  return (
    <>
      {isMuted ? (
        <Item
          icon="microphone"
          label={text('people.askUnmute')}
          act={() => moderation.askUnmute(id)}
        />
      ) : (
        <Item
          icon="microphoneOff"
          label={text('people.mute')}
          act={() => moderation.mute(id, 'microphone')}
        />
      )}
      <Item
        icon={person.can_unmute ? 'lock' : 'unlock'}
        label={text(person.can_unmute ? 'people.denyUnmute' : 'people.allowUnmute')}
        act={() => moderation.allowUnmute(id, !person.can_unmute)}
      />
      <Item
        icon="cameraOff"
        label={text('people.stopVideo')}
        isDisabled={!hasCamera && !screen}
        act={() => moderation.stopVideo(id)}
      />
      <Item
        icon="spotlight"
        label={text(isLit ? 'people.unspotlight' : 'people.spotlight')}
        isDisabled={!shown}
        act={spotlight}
      />
      {handOrder(room, id) > 0 && (
        <Item
          icon="handDown"
          label={text('people.lowerHand')}
          act={() => moderation.lowerHand(id)}
        />
      )}
    </>
  );
}

const roleIcons: Readonly<Record<Role, IconName>> = {
  host: 'crown',
  co_host: 'shield',
  participant: 'people',
  viewer: 'eye',
};

interface RoleItemsProps extends PersonMenuProps {
  onAsk: (question: Question) => void;
}

function RoleItems({ room, person, onAsk }: RoleItemsProps) {
  const { stay } = useRoomUi();
  return rolesToGive(room.role, person.role).map((role) => (
    <Item
      key={role}
      icon={roleIcons[role]}
      label={text(`people.make.${role}`)}
      act={() => (role === 'host' ? onAsk('host') : stay.moderation.setRole(person.id, role))}
    />
  ));
}

interface PersonQuestionProps {
  person: Participant;
  question: Question | undefined;
  onClose: () => void;
}

function PersonQuestion({ person, question, onClose }: PersonQuestionProps) {
  const { stay } = useRoomUi();
  const { id, name } = person;
  const asked = question ?? 'remove';
  const act = () => {
    if (asked === 'host') stay.moderation.setRole(id, 'host');
    else stay.moderation.remove(id, asked === 'block');
  };
  return (
    <ConfirmDialog
      isOpen={question !== undefined}
      title={text(`people.${asked}Title`, { name })}
      detail={text(`people.${asked}Text`)}
      action={text(`people.${asked}Confirm`)}
      onConfirm={act}
      onClose={onClose}
    />
  );
}
