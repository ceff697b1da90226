import { ControlError } from '../../control-error.js';
import { pageOf } from '../../plugins/page.js';
import type { Listed, Page, ParticipantChange } from '../../schemas/http.js';
import type { Participant } from '../../schemas/values.js';
import type { ModerationService, Moderator } from '../moderation/service.js';
import type { Room, Seat } from '../rooms/service.js';

/**
 * Those who are there, by id, which is by the time of their join request.
 * @throws ControlError `bad_request` for a cursor of another making.
 */
export function listParticipants(room: Room | undefined, page: Page): Listed<Participant> {
  const { after, limit } = pageOf.read(page);
  const behind = [...(room?.seats.values() ?? [])]
    .map(({ participant }) => participant)
    .filter(({ id }) => id > after)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return pageOf.list(
    behind,
    limit,
    ({ id }) => id,
    (participant) => participant,
  );
}

/** @throws ControlError `unknown_participant`. */
export function findParticipant(room: Room | undefined, id: string): Seat {
  const seat = room?.seats.get(id);
  if (seat === undefined) {
    throw new ControlError('unknown_participant', 'There is no such participant.');
  }
  return seat;
}

interface Powers {
  room: Room;
  moderator: Moderator;
  moderation: ModerationService;
}

/**
 * All of a change, in this order: role, right to unmute, mute, video, spotlight. What is wrong with
 * one leaves those before it done.
 * @throws ControlError `role_required`, `unknown_participant`, `unknown_publication`, `conflict`.
 */
export async function changeParticipant(
  { room, moderator, moderation }: Powers,
  id: string,
  change: ParticipantChange,
): Promise<void> {
  const { media, stage } = moderation;
  findParticipant(room, id);
  if (change.role !== undefined) await moderation.setRole(room, moderator, id, change.role);
  if (change.can_unmute !== undefined) {
    await media.setCanUnmute(room, moderator, id, change.can_unmute);
  }
  if (change.audio_muted) {
    await media.mute(room, moderator, { participant_id: id, source: 'microphone' });
  }
  if (change.video_muted) await media.stopVideo(room, moderator, id);
  if (change.spotlight !== undefined) stage.spotlightPerson(room, moderator, id, change.spotlight);
}
