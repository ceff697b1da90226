import { useState } from 'react';
import type { MediaNode } from '../../../../client/src/index.js';
import { text } from '../../strings/index.js';
import { Choice } from '../site/choice.js';
import { AskDialog } from './ask-dialog.js';

interface DrainDialogProps {
  node: MediaNode;
  /** Another node takes rooms. */
  hasOthers: boolean;
  onConfirm: (deadlineS: number) => Promise<void>;
  onClose: () => void;
}

const minuteS = 60;
const hourS = 3600;
/** Seconds. */
const deadlines = ['60', '600', '1800', '7200', '43200'] as const;
type Deadline = (typeof deadlines)[number];

/** Says what a drain does, and asks how long it may take. */
export function DrainDialog({ node, hasOthers, onConfirm, onClose }: DrainDialogProps) {
  const [deadline, setDeadline] = useState<Deadline>('600');
  const { name, rooms } = node;
  const canMove = hasOthers || rooms === 0;
  return (
    <AskDialog
      title={text('nodes.drainTitle', { name })}
      detail={canMove ? text('nodes.drainText', { count: rooms ?? 0 }) : text('nodes.drainNowhere')}
      action={text('nodes.drain')}
      onConfirm={() => onConfirm(Number(deadline))}
      onClose={onClose}
      isDanger={!canMove}
    >
      <Choice
        label={text('nodes.deadline')}
        hint={text('nodes.deadlineHint')}
        value={deadline}
        onChange={setDeadline}
        options={deadlines.map((id) => ({ id, label: spanOf(Number(id)) }))}
      />
    </AskDialog>
  );
}

function spanOf(seconds: number): string {
  return seconds < hourS
    ? text('nodes.minutes', { count: seconds / minuteS })
    : text('nodes.hours', { count: seconds / hourS });
}
