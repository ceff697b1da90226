import type { User } from '../../../../client/src/index.js';
import type { Page } from '../../session/pages.js';
import { text } from '../../strings/index.js';
import { SitePage } from '../site/site-page.js';
import { NodePage } from './node-page.js';
import { NodesPage } from './nodes-page.js';

/** The pages of administrators. */
export default function AdminPage({ page, user }: { page: Page; user: User }) {
  if (!user.is_admin) {
    return (
      <SitePage
        title={text('nodes.notAdmin')}
        back={{ href: '/', label: text('dashboard.back') }}
      />
    );
  }
  return page.name === 'node' ? <NodePage nodeId={page.nodeId} /> : <NodesPage />;
}
