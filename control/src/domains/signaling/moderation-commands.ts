import { moderatorOf } from '../moderation/service.js';
import { type Handler, ok, type RoomCommand } from './command.js';

type ModerationCommand = Extract<RoomCommand, `mod.${string}`>;

/** What hosts ask for on the WebSocket; the rules are moderation's. */
export const moderationCommands: { [Type in ModerationCommand]: Handler<Type> } = {
  async 'mod.mute'({ moderation, room, seat }, wanted) {
    await moderation.media.mute(room, moderatorOf(seat), wanted);
    return ok;
  },

  async 'mod.mute_all'({ moderation, room, seat }, wanted) {
    await moderation.media.muteAll(room, moderatorOf(seat), wanted);
    return ok;
  },

  async 'mod.stop_video'({ moderation, room, seat }, { participant_id }) {
    await moderation.media.stopVideo(room, moderatorOf(seat), participant_id);
    return ok;
  },

  async 'mod.ask_unmute'({ moderation, room, seat }, { participant_id }) {
    await moderation.media.askUnmute(room, moderatorOf(seat), participant_id);
    return ok;
  },

  async 'mod.can_unmute'({ moderation, room, seat }, { participant_id, can_unmute }) {
    await moderation.media.setCanUnmute(room, moderatorOf(seat), participant_id, can_unmute);
    return ok;
  },

  async 'mod.remove'({ moderation, room, seat }, wanted, commandId) {
    await moderation.remove(room, moderatorOf(seat), wanted, commandId);
    return ok;
  },

  async 'mod.role'({ moderation, room, seat }, { participant_id, role }) {
    await moderation.setRole(room, moderatorOf(seat), participant_id, role);
    return ok;
  },

  async 'mod.lock'({ moderation, room, seat }, { locked }) {
    await moderation.changePolicy(room, moderatorOf(seat), { locked });
    return ok;
  },

  async 'mod.policy'({ moderation, room, seat }, change) {
    await moderation.changePolicy(room, moderatorOf(seat), change);
    return ok;
  },

  async 'mod.end'({ moderation, room, seat }) {
    await moderation.end(room, moderatorOf(seat));
    return ok;
  },

  async 'mod.admit'({ moderation, room, seat }, those) {
    await moderation.lobby.admit(room, moderatorOf(seat), those);
    return ok;
  },

  async 'mod.deny'({ moderation, room, seat }, those) {
    await moderation.lobby.deny(room, moderatorOf(seat), those);
    return ok;
  },

  async 'mod.lobby_message'({ moderation, room, seat }, { body }) {
    await moderation.lobby.say(room, moderatorOf(seat), body);
    return ok;
  },

  async 'mod.spotlight'({ moderation, room, seat }, { publication_ids }) {
    moderation.stage.spotlight(room, moderatorOf(seat), publication_ids);
    return ok;
  },

  async 'mod.lower_hand'({ moderation, room, seat }, wanted) {
    moderation.stage.lowerHands(room, moderatorOf(seat), wanted);
    return ok;
  },
};
