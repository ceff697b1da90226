import { ControlError } from '../../control-error.js';
import type { CommandType } from '../../schemas/client-messages.js';
import { moderatorOf } from '../moderation/service.js';
import type { LiveRecordings } from '../recordings/live-service.js';
import { type CommandContext, type Handler, ok } from './command.js';

type RecordingCommand = Extract<CommandType, `recording.${string}`>;

/** What hosts say of the recording of their room, and everybody of being recorded. */
export const recordingCommands: { [Type in RecordingCommand]: Handler<Type> } = {
  async 'recording.start'(context, { consent }) {
    const { room, seat } = context;
    const by = { seat, userId: seat.identity.userId, consent };
    await recordingsOf(context).start(room, moderatorOf(seat), by);
    return ok;
  },

  async 'recording.pause'(context, { recording_id }) {
    const { room, seat } = context;
    await recordingsOf(context).pause(room, moderatorOf(seat), recording_id);
    return ok;
  },

  async 'recording.stop'(context, { recording_id }) {
    const { room, seat } = context;
    await recordingsOf(context).stop(room, moderatorOf(seat), recording_id);
    return ok;
  },

  async 'recording.consent'(context, { recording_id, accept }) {
    const { room, seat } = context;
    await recordingsOf(context).answer(room, seat, recording_id, accept);
    return ok;
  },
};

function recordingsOf({ recordings }: CommandContext): LiveRecordings {
  if (recordings !== null) return recordings;
  throw new ControlError('recording_unavailable', 'There is no recorder.');
}
