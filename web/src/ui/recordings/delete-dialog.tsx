import type { Recording } from '../../../../client/src/index.js';
import { text } from '../../strings/index.js';
import { AskDialog } from '../nodes/ask-dialog.js';
import { titleOf } from './recording-facts.js';
import { useRecordings } from './use-recordings.js';

interface DeleteDialogProps {
  recording: Recording;
  onDeleted: () => void;
  onClose: () => void;
}

export function DeleteDialog({ recording, onDeleted, onClose }: DeleteDialogProps) {
  const recordings = useRecordings();
  const remove = async () => {
    await recordings.remove(recording.recording_id);
    onDeleted();
  };
  return (
    <AskDialog
      title={text('recordings.deleteTitle')}
      detail={text('recordings.deleteText', { title: titleOf(recording) })}
      action={text('recordings.delete')}
      onConfirm={remove}
      onClose={onClose}
      isDanger
    />
  );
}
