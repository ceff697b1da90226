import { Button } from 'react-aria-components';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { PlainDialog } from '../plain-dialog.js';
import { useStore } from '../use-store.js';
import { LoginForm } from './login-page.js';

/** Over the page of somebody whose login is over: what they have filled in there stays. */
export default function LoginAgain() {
  const { account, installation } = useClient();
  const hasOthers = useStore(installation.store, (config) => (config?.oidc.length ?? 0) > 0);
  return (
    <PlainDialog title={text('login.title')} isOpen isFirm onClose={() => account.forget()}>
      <p>{text('login.ended')}</p>
      <LoginForm onDone={() => {}} />
      {hasOthers && <OtherWay />}
    </PlainDialog>
  );
}

/** Single sign-on leaves the page: in a tab of its own it leaves this one as it is. */
function OtherWay() {
  const { account } = useClient();
  return (
    <div className="form-actions">
      <a className="button" href="/login" target="_blank" rel="noopener">
        {text('login.oidcTitle')}
      </a>
      <Button className="button" onPress={() => account.look()}>
        {text('prejoin.loggedIn')}
      </Button>
    </div>
  );
}
