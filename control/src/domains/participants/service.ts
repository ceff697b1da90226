import { ControlError } from '../../control-error.js';
import { pageOf } from '../../plugins/page.js';
import type { Listed, Page, ParticipantChange } from '../../schemas/http.js';
import type { Participant } from '../../schemas/values.js';
import {
  type Act,
  type Moderator,
  prepareCanUnmute,
  prepareMute,
  prepareRelease,
  prepareRole,
  prepareSpotlight,
  prepareStopVideo,
} from '../moderation/service.js';
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

/**
 * All of a change or, when anything in it is refused, nothing.
 * @throws ControlError `role_required`, `unknown_participant`, `unknown_publication`, `conflict`.
 */
export async function changeParticipant(
  room: Room,
  by: Moderator,
  id: string,
  change: ParticipantChange,
): Promise<void> {
  findParticipant(room, id);
  const { role, audio_muted: audio, video_muted: video, can_unmute: allowed, spotlight } = change;
  const acts: Act[] = [];
  if (role !== undefined) acts.push(prepareRole(room, by, id, role));
  if (audio === false) acts.push(prepareRelease(room, by, id, 'microphone'));
  if (allowed !== undefined) acts.push(prepareCanUnmute(room, by, id, allowed));
  if (audio) acts.push(prepareMute(room, by, { participant_id: id, source: 'microphone' }));
  if (video) acts.push(prepareStopVideo(room, by, id));
  if (video === false) acts.push(prepareRelease(room, by, id, 'pictures'));
  if (spotlight !== undefined) acts.push(prepareSpotlight(room, by, id, spotlight));
  for (const act of acts) await act();
}
