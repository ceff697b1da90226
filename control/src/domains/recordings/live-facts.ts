import type { RoomFact } from '../../../../recorder/src/index.js';
import type { ServerPayloads, ServerType } from '../../schemas/server-messages.js';
import type { Room, Seat } from '../rooms/service.js';
import { type Consents, consentTextVersion } from './consent.js';

type Facts = { [Type in ServerType]?: (d: ServerPayloads[Type]) => RoomFact[] };

const facts: Facts = {
  'participant.joined': ({ participant: { id, name } }) => [
    { type: 'joined', participantId: id, name },
  ],
  'participant.left': ({ id }) => [{ type: 'left', participantId: id }],
  /** Under another name they are the same. */
  'participant.updated': ({ id, name }) =>
    name === undefined ? [] : [{ type: 'joined', participantId: id, name }],
  'chat.message': ({ message_id, from, from_name, body }) => [
    { type: 'chat', messageId: message_id, participantId: from, name: from_name, body },
  ],
  'chat.deleted': (deleted) => [
    { type: 'chat_deleted', messageId: 'all' in deleted ? null : deleted.message_id },
  ],
};

/** What of the things that are told to everybody belongs into a recording. Private messages never are. */
export function factsOf<Type extends ServerType>(t: Type, d: ServerPayloads[Type]): RoomFact[] {
  const make = facts[t] as ((d: ServerPayloads[Type]) => RoomFact[]) | undefined;
  return make?.(d) ?? [];
}

/** Who is in the room, and may be heard or seen there. Who only receives leaves nothing to record. */
export function presentIn(room: Room): Seat[] {
  return [...room.seats.values()].filter(
    ({ isAnnounced, participant }) => isAnnounced && participant.kind !== 'whep',
  );
}

export function consentFact(participantId: string, accepted: boolean | null): RoomFact {
  return { type: 'consent', participantId, accepted, textVersion: consentTextVersion };
}

/** All that a recorder has to know of the room as it is. */
export function rosterOf(room: Room, consents: Consents, speaker: string | null): RoomFact[] {
  const { placed, ref } = room.media;
  return [
    { type: 'node', nodeId: placed.nodeId, epoch: ref.epoch, reason: 'start' },
    ...[...room.seats.values()]
      .filter(({ isAnnounced }) => isAnnounced)
      .map(
        ({ id, participant: { name } }): RoomFact => ({ type: 'joined', participantId: id, name }),
      ),
    ...presentIn(room)
      .filter(({ id }) => consents.rule !== 'inform' && consents.has(id))
      .map(({ id }) => consentFact(id, consents.answerOf(id))),
    { type: 'speaker', participantId: speaker },
  ];
}
