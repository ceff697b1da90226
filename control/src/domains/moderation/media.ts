import { ControlError } from '../../control-error.js';
import type { ClientPayloads } from '../../schemas/client-messages.js';
import type { Source } from '../../schemas/values.js';
import {
  applyRights,
  isHost,
  muteByHost,
  publicationsOf,
  type Room,
  releaseByHost,
  type Seat,
  seatChanged,
  write,
} from '../rooms/service.js';
import { type Moderator, requireHost, targetOf } from './moderator.js';

/** What was checked, and is yet to be done. */
export type Act = () => Promise<void>;

const pictures = ['camera', 'screen'] as const;

/** What hosts do about what others send. All of it holds at the node, whatever a client does. */
export const media = {
  /**
   * Switches a source of somebody off.
   * @throws ControlError `role_required`, `unknown_participant`, `unknown_publication`.
   */
  async mute(room: Room, by: Moderator, wanted: ClientPayloads['mod.mute']): Promise<void> {
    await prepareMute(room, by, wanted)();
  },

  /** Of everybody but hosts; it also holds for who publishes later. @throws `role_required`. */
  async muteAll(room: Room, by: Moderator, wanted: ClientPayloads['mod.mute_all']): Promise<void> {
    requireHost(by);
    const spared = new Set([by.id, ...(wanted.except ?? [])]);
    const targets = [...room.seats.values()].filter(
      (seat) => !spared.has(seat.id) && !isHost(seat.participant.role),
    );
    await Promise.all(targets.map((seat) => muteOne(room, by, seat, wanted.source)));
    await Promise.all(targets.map((seat) => allowUnmute(room, seat, wanted.self_unmute)));
  },

  /** Camera and screen of somebody. @throws ControlError as `mute`. */
  async stopVideo(room: Room, by: Moderator, participantId: string): Promise<void> {
    await prepareStopVideo(room, by, participantId)();
  },

  /** Nobody is switched on by another: the person is asked, and allowed to. */
  async askUnmute(room: Room, by: Moderator, participantId: string): Promise<void> {
    const target = targetOf(room, by, participantId);
    await prepareRelease(room, by, participantId, 'microphone')();
    const detail = { source: 'microphone' } as const;
    target.emit(write('moderated', { action: 'asked_to_unmute', by: by.id, detail }));
  },

  /** @throws ControlError `role_required`, `unknown_participant`. */
  async setCanUnmute(
    room: Room,
    by: Moderator,
    participantId: string,
    canUnmute: boolean,
  ): Promise<void> {
    await prepareCanUnmute(room, by, participantId, canUnmute)();
  },
};

/** Checks all of it; nothing is done until the returned act is called. So with the others. */
export function prepareMute(room: Room, by: Moderator, wanted: ClientPayloads['mod.mute']): Act {
  const target = targetOf(room, by, wanted.participant_id);
  if (!publicationsOf(room, target).some(({ source }) => source === wanted.source)) {
    throw new ControlError('unknown_publication', 'Nothing of that kind is published.');
  }
  return () => muteOne(room, by, target, wanted.source);
}

export function prepareStopVideo(room: Room, by: Moderator, participantId: string): Act {
  const target = targetOf(room, by, participantId);
  const shown = publicationsOf(room, target).map(({ source }) => source);
  const sources = pictures.filter((source) => shown.includes(source));
  if (sources.length === 0) {
    throw new ControlError('unknown_publication', 'There is no picture.');
  }
  return async () => {
    await Promise.all(sources.map((source) => muteOne(room, by, target, source)));
  };
}

/** What hosts have switched off of somebody is their own matter again. */
export function prepareRelease(
  room: Room,
  by: Moderator,
  participantId: string,
  what: 'microphone' | 'pictures',
): Act {
  const target = targetOf(room, by, participantId);
  if (what === 'pictures') {
    return async () => {
      await Promise.all(pictures.map((source) => releaseByHost(room, target, source)));
    };
  }
  return async () => {
    await allowUnmute(room, target, true);
    await releaseByHost(room, target, 'microphone');
  };
}

export function prepareCanUnmute(
  room: Room,
  by: Moderator,
  participantId: string,
  canUnmute: boolean,
): Act {
  const target = targetOf(room, by, participantId);
  return () => allowUnmute(room, target, canUnmute);
}

async function muteOne(room: Room, by: Moderator, target: Seat, source: Source): Promise<void> {
  await muteByHost(room, target, source);
  target.emit(write('moderated', { action: 'muted', by: by.id, detail: { source } }));
}

/** In force at once; resolves when it is durable. */
async function allowUnmute(room: Room, seat: Seat, canUnmute: boolean): Promise<void> {
  if (seat.grants.unmute === canUnmute) return;
  applyRights(room, seat, { canUnmute });
  const effects = [seatChanged({ seat: room.keyOf(seat), change: { canUnmute } })];
  await room.record('participant.updated', seat.id, { can_unmute: canUnmute }, { effects });
}
