import type { ReactNode } from 'react';
import type { MediaNode } from '../../../../client/src/index.js';
import { momentText, percentText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { Section } from '../site/section.js';
import { SitePage } from '../site/site-page.js';
import { useStore } from '../use-store.js';
import { LiveView } from './live-view.js';
import { NodeActs } from './node-acts.js';
import { LoadMeter, NodeCounts, StateChip, StateNote } from './node-facts.js';
import { RoomsSection } from './rooms-section.js';
import { useLiveList } from './use-live-list.js';

/** One media node, with the rooms whose media is there. */
export function NodePage({ nodeId }: { nodeId: string }) {
  const { api, pages } = useClient();
  const list = useLiveList((cursor) =>
    api.call('GET /v1/nodes', { query: { limit: 200, ...(cursor ? { cursor } : {}) } }),
  );
  const nodes = useStore(list.store, (state) => state.items) ?? [];
  const node = nodes.find(({ node_id }) => node_id === nodeId);
  const refresh = () => void list.refresh();
  return (
    <SitePage
      title={node?.name ?? text('nodes.title')}
      shape="wide"
      back={{ href: '/nodes', label: text('nodes.back') }}
    >
      <LiveView list={list} empty={text('nodes.gone')}>
        {() =>
          node ? (
            <Section title={text('nodes.facts')}>
              <Facts node={node} />
              <NodeActs
                node={node}
                nodes={nodes}
                onDone={refresh}
                onRemoved={() => pages.replace('/nodes')}
              />
            </Section>
          ) : (
            <p className="list-note">{text('nodes.gone')}</p>
          )
        }
      </LiveView>
      {node && <RoomsSection node={node} nodes={nodes} onMoved={refresh} />}
    </SitePage>
  );
}

function Facts({ node }: { node: MediaNode }) {
  const { loss_ratio: lost, drop_ratio: dropped } = node;
  return (
    <>
      <div className="node-head">
        <StateChip node={node} />
        <StateNote node={node} />
      </div>
      <div className="node-use">
        <LoadMeter node={node} />
        <NodeCounts node={node} />
      </div>
      <dl className="node-facts">
        <Fact name={text('nodes.region')}>{node.region}</Fact>
        {node.version && <Fact name={text('nodes.version')}>{node.version}</Fact>}
        <Fact name={text('nodes.beat')}>{momentText(node.last_seen_at)}</Fact>
        <Fact name={text('nodes.enrolled')}>{momentText(node.enrolled_at)}</Fact>
        {lost !== null && <Fact name={text('nodes.lost')}>{percentText(lost)}</Fact>}
        {dropped !== null && <Fact name={text('nodes.dropped')}>{percentText(dropped)}</Fact>}
        <Fact name={text('nodes.id')}>
          <code dir="ltr">{node.node_id}</code>
        </Fact>
      </dl>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <bdi>{children}</bdi>
      </dd>
    </div>
  );
}
