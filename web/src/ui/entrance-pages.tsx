import { Link } from 'react-aria-components';
import type { Page } from '../session/pages.js';
import { text } from '../strings/index.js';
import { useClient } from './client.js';
import { AccountTrouble, LoginPage } from './site/login-page.js';
import { ResetPage } from './site/reset-page.js';
import { SetupPage, SignUpPage } from './site/sign-up-page.js';
import { SitePage } from './site/site-page.js';
import { useStore } from './use-store.js';

/** The pages of those who are not logged in; every other page asks for a login first. */
export default function EntrancePage({ page }: { page: Page }) {
  const { account } = useClient();
  const state = useStore(account.store, (value) => value);
  switch (page.name) {
    case 'signUp':
      return <SignUpPage />;
    case 'setup':
      return <SetupPage token={page.token} />;
    case 'reset':
      return <ResetPage token={page.token} />;
    case 'nowhere':
      return <Nowhere />;
    default:
      return state.phase === 'failed' ? <AccountTrouble code={state.code} /> : <LoginPage />;
  }
}

function Nowhere() {
  return (
    <SitePage title={text('site.nowhere')} lead={text('site.nowhereText')} shape="card">
      <Link className="button" href="/">
        {text('prejoin.home')}
      </Link>
    </SitePage>
  );
}
