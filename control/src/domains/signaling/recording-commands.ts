import { ControlError } from '../../control-error.js';
import type { CommandType } from '../../schemas/client-messages.js';
import type { Handler } from './command.js';

type RecordingCommand = Extract<CommandType, `recording.${string}`>;

const unavailable = async () => {
  throw new ControlError('recording_unavailable', 'There is no recorder.');
};

/** What hosts say of the recording of their room, and everybody of being recorded. */
export const recordingCommands: { [Type in RecordingCommand]: Handler<Type> } = {
  'recording.start': unavailable,
  'recording.pause': unavailable,
  'recording.stop': unavailable,
  'recording.consent': unavailable,
};
