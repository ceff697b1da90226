import { useState } from 'react';
import type { MediaNode } from '../../../../client/src/index.js';
import { destinationsFrom } from '../../session/node-states.js';
import { text } from '../../strings/index.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { Choice } from '../site/choice.js';

interface MoveDialogProps {
  /** Of the meeting. */
  title: string;
  /** Where it is. */
  nodeId: string;
  nodes: readonly MediaNode[];
  /** @param to undefined: placement chooses. */
  onConfirm: (to: string | undefined) => void;
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
    <ConfirmDialog
      isOpen
      title={text('nodes.moveTitle', { title })}
      detail={text('nodes.moveText')}
      action={text('nodes.move')}
      onConfirm={() => onConfirm(to === anywhere ? undefined : to)}
      onClose={onClose}
      isHarmless
    >
      {others.length === 0 && <p className="form-error">{text('nodes.moveNowhere')}</p>}
      <Choice label={text('nodes.moveTo')} value={to} onChange={setTo} options={options} />
    </ConfirmDialog>
  );
}
