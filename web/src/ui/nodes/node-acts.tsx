import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { MediaNode } from '../../../../client/src/index.js';
import { destinationsFrom, stateOf } from '../../session/node-states.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { AskDialog } from './ask-dialog.js';
import { DrainDialog } from './drain-dialog.js';

interface NodeActsProps {
  node: MediaNode;
  nodes: readonly MediaNode[];
  /** Something was done: the list is old. */
  onDone: () => void;
  onRemoved: () => void;
}

type Question = 'drain' | 'undrain' | 'remove';

/** What can be done to a node, each after a question. */
export function NodeActs({ node, nodes, onDone, onRemoved }: NodeActsProps) {
  const [asks, setAsks] = useState<Question>();
  const [told, setTold] = useState('');
  if (node.is_sole) return null;
  const hasOthers = destinationsFrom(node.node_id, nodes).length > 0;
  const done = (said: string) => {
    setTold(said);
    onDone();
  };
  return (
    <div className="node-acts">
      <ActButtons node={node} onAsk={setAsks} />
      <p role="status" className="visually-hidden">
        {told}
      </p>
      {asks && (
        <Ask
          asks={asks}
          {...{ node, hasOthers, onRemoved }}
          onDone={done}
          onClose={() => setAsks(undefined)}
        />
      )}
    </div>
  );
}

function ActButtons({ node, onAsk }: { node: MediaNode; onAsk: (question: Question) => void }) {
  const { name } = node;
  const state = stateOf(node);
  const isDrained = node.draining_since !== null;
  return (
    <div className="row-actions">
      {state !== 'lost' && (
        <Button
          className="button"
          aria-label={text(isDrained ? 'nodes.undrainNamed' : 'nodes.drainNamed', { name })}
          onPress={() => onAsk(isDrained ? 'undrain' : 'drain')}
        >
          {text(isDrained ? 'nodes.undrain' : 'nodes.drain')}
        </Button>
      )}
      {(state === 'lost' || state === 'drained') && (
        <Button
          className="button danger"
          aria-label={text('nodes.removeNamed', { name })}
          onPress={() => onAsk('remove')}
        >
          {text('nodes.remove')}
        </Button>
      )}
    </div>
  );
}

interface AskProps {
  asks: Question;
  node: MediaNode;
  /** Another node takes rooms. */
  hasOthers: boolean;
  onDone: (said: string) => void;
  onRemoved: () => void;
  onClose: () => void;
}

function Ask({ asks, node, hasOthers, onDone, onRemoved, onClose }: AskProps) {
  const { api } = useClient();
  const { name, node_id } = node;
  const params = { node_id };
  const drain = async (deadline_s: number) => {
    await api.call('POST /v1/nodes/{node_id}/drain', { params, body: { deadline_s } });
    onDone(text('nodes.draining'));
  };
  const undrain = async () => {
    await api.call('DELETE /v1/nodes/{node_id}/drain', { params });
    onDone(text('nodes.undrained'));
  };
  const remove = async () => {
    await api.call('DELETE /v1/nodes/{node_id}', { params });
    onRemoved();
  };
  if (asks === 'drain') {
    return <DrainDialog node={node} hasOthers={hasOthers} onConfirm={drain} onClose={onClose} />;
  }
  const isRemoval = asks === 'remove';
  return (
    <AskDialog
      title={text(`nodes.${asks}Title`, { name })}
      detail={text(`nodes.${asks}Text`)}
      action={text(`nodes.${asks}`)}
      onConfirm={isRemoval ? remove : undrain}
      onClose={onClose}
      isDanger={isRemoval}
    />
  );
}
