/** Which message of the server is worth a word to somebody who does not look: pure. */
import type { ServerMessage } from '../../../client/src/index.js';
import type { Announcement } from './announcements.js';
import { recordingNews } from './recording.js';
import type { RoomState } from './room-state.js';

type NamedKind = Extract<Announcement, { name: string }>['kind'];

/** `room`: as it was before the message. */
export function announcementOf(
  room: RoomState,
  message: ServerMessage,
  isChatOpen: boolean,
): Announcement | undefined {
  const named = (id: string) => (id === room.selfId ? undefined : room.participants.get(id)?.name);
  const about = (kind: NamedKind, name: string | undefined) =>
    name === undefined ? undefined : { kind, name };
  switch (message.t) {
    case 'participant.joined': {
      const { id, name } = message.d.participant;
      return id === room.selfId ? undefined : { kind: 'joined', name };
    }
    case 'participant.left':
      return about('left', named(message.d.id));
    case 'chat.message': {
      const { from, from_name: name } = message.d;
      return from === room.selfId || isChatOpen ? undefined : { kind: 'chat', name };
    }
    case 'publication.added': {
      const { source, participant_id, publication_id } = message.d;
      const isNew = source === 'screen' && !room.publications.has(publication_id);
      return isNew ? about('sharing', named(participant_id)) : undefined;
    }
    case 'lobby.list':
      return message.d.knock ? about('knock', message.d.items.at(-1)?.name) : undefined;
    case 'hand.list':
      return about('hand', named(newHand(room, message.d.items) ?? room.selfId));
    case 'reaction':
      return about('reaction', named(message.d.participant_id));
    case 'recording.state': {
      const news = recordingNews(room.recording.state, message.d);
      // Those two are told at once, and to everybody's eyes (`Meeting`).
      const isUrgent = news === 'started' || news === 'failed';
      return news === undefined || isUrgent ? undefined : { kind: 'recording', news };
    }
    default:
      return undefined;
  }
}

function newHand(room: RoomState, items: RoomState['hands']): string | undefined {
  const known = new Set(room.hands.map(({ participant_id }) => participant_id));
  return items.find(({ participant_id }) => !known.has(participant_id))?.participant_id;
}
