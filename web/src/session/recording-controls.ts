/** What is said to the server about the recording of the room (api §4, `recording.*`). */
import type { Command } from './moderation.js';
import { isRecording, type RoomRecording, recordingAnswered } from './recording.js';

export interface RecordingEnvironment {
  command: Command;
  refused: (error: unknown) => void;
  recording: () => RoomRecording;
  change: (recording: RoomRecording) => void;
}

export class RecordingControls {
  constructor(private readonly environment: RecordingEnvironment) {}

  /** Hosts: begins, or goes on after a pause. This host is asked like everybody else. */
  readonly start = (): void => {
    const { command, refused } = this.environment;
    command('recording.start', {}).catch(refused);
  };

  readonly pause = (): void => {
    const { command, refused } = this.environment;
    const recording_id = this.recordingId;
    if (recording_id) command('recording.pause', { recording_id }).catch(refused);
  };

  readonly stop = (): void => {
    const { command, refused } = this.environment;
    const recording_id = this.recordingId;
    if (recording_id) command('recording.stop', { recording_id }).catch(refused);
  };

  /** To the question, or another answer than before. What is refused is open again. */
  async answer(accept: boolean): Promise<void> {
    const { command, refused, recording, change } = this.environment;
    const before = recording();
    const recording_id = before.question?.recording_id ?? this.recordingId;
    if (!recording_id) return;
    const answered = recordingAnswered(before, recording_id, accept);
    change(answered);
    try {
      await command('recording.consent', { recording_id, accept });
    } catch (error) {
      const now = recording();
      const { question, accepted } = before;
      // Unless it was answered again, asked anew or ended meanwhile.
      const isLatest = now.accepted === accept && !now.question && now.state !== null;
      if (isLatest) change({ ...now, question, accepted });
      refused(error);
    }
  }

  /** It was a notice, and it was read. */
  readonly dismiss = (): void => {
    const { recording, change } = this.environment;
    change({ ...recording(), question: undefined });
  };

  /** The key for it: what a host would press next. Stopping asks first. */
  toggle(askToStop: () => void): void {
    const { state } = this.environment.recording();
    if (state === null || state.state === 'paused') this.start();
    else if (isRecording(state)) askToStop();
  }

  private get recordingId(): string | undefined {
    return this.environment.recording().state?.recording_id;
  }
}
