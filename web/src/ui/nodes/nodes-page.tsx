import { useState } from 'react';
import { Button, Link } from 'react-aria-components';
import type { MediaNode } from '../../../../client/src/index.js';
import { inOrder, sumOf } from '../../session/node-states.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { Icon } from '../icons.js';
import { SitePage } from '../site/site-page.js';
import { useStore } from '../use-store.js';
import { LiveView } from './live-view.js';
import { NewNodeDialog } from './new-node-dialog.js';
import { NodeActs } from './node-acts.js';
import { LoadMeter, NodeCounts, StateChip, StateNote } from './node-facts.js';
import { useLiveList } from './use-live-list.js';

/** Every media node: how it is, and what can be done about it. */
export function NodesPage() {
  const { api } = useClient();
  const list = useLiveList((cursor) =>
    api.call('GET /v1/nodes', { query: { limit: 200, ...(cursor ? { cursor } : {}) } }),
  );
  const items = useStore(list.store, (state) => state.items);
  const [isAdding, setIsAdding] = useState(false);
  const isAlone = items?.some(({ is_sole }) => is_sole);
  const empty = (
    <>
      <p>{text('nodes.none')}</p>
      <p className="muted">{text('nodes.noneHint')}</p>
    </>
  );
  return (
    <SitePage
      title={text('nodes.title')}
      shape="wide"
      lead={items && items.length > 0 && <Sum nodes={items} />}
      actions={
        !isAlone && (
          <Button className="button primary" onPress={() => setIsAdding(true)}>
            <Icon name="plus" />
            {text('nodes.add')}
          </Button>
        )
      }
    >
      <LiveView list={list} empty={empty}>
        {(nodes) => (
          <ul className="node-list">
            {inOrder(nodes).map((node) => (
              <NodeRow
                key={node.node_id}
                node={node}
                nodes={nodes}
                onDone={() => void list.refresh()}
              />
            ))}
          </ul>
        )}
      </LiveView>
      {isAdding && <NewNodeDialog onClose={() => setIsAdding(false)} />}
    </SitePage>
  );
}

function Sum({ nodes }: { nodes: readonly MediaNode[] }) {
  const { rooms, people } = sumOf(nodes);
  return (
    <span className="node-counts">
      <span>{text('nodes.sum', { nodes: nodes.length })}</span>
      <span>{text('nodes.rooms', { count: rooms })}</span>
      <span>{text('nodes.people', { count: people })}</span>
    </span>
  );
}

interface NodeRowProps {
  node: MediaNode;
  nodes: readonly MediaNode[];
  onDone: () => void;
}

function NodeRow({ node, nodes, onDone }: NodeRowProps) {
  return (
    <li className="node-row">
      <div className="node-name">
        <p className="row-title">
          <Link href={`/nodes/${node.node_id}`}>
            <bdi>{node.name}</bdi>
          </Link>
          <StateChip node={node} />
        </p>
        <p className="hint node-counts">
          <span>
            <bdi dir="ltr">{node.region}</bdi>
          </span>
          {node.version && (
            <span>
              {text('nodes.version')} <bdi dir="ltr">{node.version}</bdi>
            </span>
          )}
        </p>
        <StateNote node={node} />
      </div>
      <div className="node-use">
        <LoadMeter node={node} />
        <NodeCounts node={node} />
      </div>
      <NodeActs node={node} nodes={nodes} onDone={onDone} onRemoved={onDone} />
    </li>
  );
}
