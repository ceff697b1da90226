import { useState } from 'react';
import type { MediaNode } from '../../../../client/src/index.js';
import { destinationsFrom } from '../../session/node-states.js';
import { text } from '../../strings/index.js';
import { Choice } from '../site/choice.js';
import { AskDialog } from './ask-dialog.js';

interface MoveDialogProps {
  /** Of the meeting. */
  title: string;
  /** Where it is. */
  nodeId: string;
  nodes: readonly MediaNode[];
  /** @param to undefined: placement chooses. */
  onConfirm: (to: string | undefined) => Promise<void>;
  onClose: () => void;
}

const anywhere = 'anywhere';

/** Says what a move does, and asks where to. */
export function MoveDialog({ title, nodeId, nodes, onConfirm, onClose }: MoveDialogProps) {
  const [to, setTo] = useState(anywhere);
  const others = destinationsFrom(nodeId, nodes);
  const options = [
    { id: anywhere, label: text('nodes.moveAny') },
    ...others.map(({ node_id, name, region }) => ({ id: node_id, label: `${name} (${region})` })),
  ];
  return (
    <AskDialog
      title={text('nodes.moveTitle', { title })}
      detail={text('nodes.moveText')}
      action={text('nodes.move')}
      onConfirm={() => onConfirm(to === anywhere ? undefined : to)}
      onClose={onClose}
    >
      {others.length === 0 && <p className="form-error">{text('nodes.moveNowhere')}</p>}
      <Choice label={text('nodes.moveTo')} value={to} onChange={setTo} options={options} />
    </AskDialog>
  );
}
