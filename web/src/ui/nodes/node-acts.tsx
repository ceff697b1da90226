import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { MediaNode } from '../../../../client/src/index.js';
import { destinationsFrom, stateOf } from '../../session/node-states.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { Problem } from '../site/problem.js';
import { useAct } from '../site/use-act.js';
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
  const { isBusy, problem, told, ...does } = useNodeActs(node, onDone, onRemoved);
  if (node.is_sole) return null;
  const { name } = node;
  const state = stateOf(node);
  const isDrained = node.draining_since !== null;
  const close = () => setAsks(undefined);
  return (
    <div className="node-acts">
      <div className="row-actions">
        {state !== 'lost' && (
          <Button
            className="button"
            aria-label={text(isDrained ? 'nodes.undrainNamed' : 'nodes.drainNamed', { name })}
            aria-disabled={isBusy}
            onPress={() => setAsks(isDrained ? 'undrain' : 'drain')}
          >
            {text(isDrained ? 'nodes.undrain' : 'nodes.drain')}
          </Button>
        )}
        {(state === 'lost' || state === 'drained') && (
          <Button
            className="button danger"
            aria-label={text('nodes.removeNamed', { name })}
            aria-disabled={isBusy}
            onPress={() => setAsks('remove')}
          >
            {text('nodes.remove')}
          </Button>
        )}
      </div>
      <p role="status" className="visually-hidden">
        {told}
      </p>
      <Problem {...problem} />
      {asks === 'drain' && (
        <DrainDialog
          node={node}
          hasOthers={destinationsFrom(node.node_id, nodes).length > 0}
          onConfirm={does.drain}
          onClose={close}
        />
      )}
      <ConfirmDialog
        isOpen={asks === 'undrain'}
        title={text('nodes.undrainTitle', { name })}
        detail={text('nodes.undrainText')}
        action={text('nodes.undrain')}
        onConfirm={does.undrain}
        onClose={close}
        isHarmless
      />
      <ConfirmDialog
        isOpen={asks === 'remove'}
        title={text('nodes.removeTitle', { name })}
        detail={text('nodes.removeText')}
        action={text('nodes.remove')}
        onConfirm={does.remove}
        onClose={close}
      />
    </div>
  );
}

function useNodeActs({ node_id }: MediaNode, onDone: () => void, onRemoved: () => void) {
  const { api } = useClient();
  const { isBusy, problem, act } = useAct();
  const [told, setTold] = useState('');
  const params = { node_id };
  const run = (work: () => Promise<unknown>, done: string) => {
    setTold('');
    void act(async () => {
      await work();
      setTold(done);
      onDone();
    });
  };
  return {
    isBusy,
    problem,
    told,
    drain: (deadline_s: number) =>
      run(
        () => api.call('POST /v1/nodes/{node_id}/drain', { params, body: { deadline_s } }),
        text('nodes.draining'),
      ),
    undrain: () =>
      run(() => api.call('DELETE /v1/nodes/{node_id}/drain', { params }), text('nodes.undrained')),
    remove: () =>
      void act(async () => {
        await api.call('DELETE /v1/nodes/{node_id}', { params });
        onRemoved();
      }),
  };
}
