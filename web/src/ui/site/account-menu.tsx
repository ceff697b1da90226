import { Button, Link, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import type { User } from '../../../../client/src/index.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { useStore } from '../use-store.js';
import { Avatar } from './avatar.js';
import { Problem } from './problem.js';
import { useAct } from './use-act.js';

/** In the head of a page: the way in, or what the person who is logged in has. */
export function AccountMenu() {
  const { account, installation } = useClient();
  const state = useStore(account.store, (value) => value);
  const config = useStore(installation.store, (value) => value);
  if ('user' in state) return <KnownMenu user={state.user} />;
  if (state.phase === 'looking' && account.isExpected) return null;
  return (
    <>
      <Link className="button quiet" href="/login">
        {text('site.logIn')}
      </Link>
      {config?.sign_up && (
        <Link className="button quiet optional" href="/signup">
          {text('site.signUp')}
        </Link>
      )}
    </>
  );
}

function KnownMenu({ user }: { user: User }) {
  const { account, pages } = useClient();
  const { username: name, avatar_url: url, is_admin: isAdmin } = user;
  const { problem, act } = useAct();
  const logOut = async () => {
    await account.logOut();
    pages.go('/');
  };
  const choose = (key: string) => (key === 'logOut' ? act(logOut) : pages.go(key));
  return (
    <MenuTrigger>
      <Problem {...problem} />
      <Button className="button quiet account-button" aria-label={text('site.menu', { name })}>
        <Avatar name={name} url={url} />
        <bdi className="optional account-name">{name}</bdi>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" onAction={(key) => choose(String(key))}>
          <MenuItem id="/" className="menu-item">
            {text('site.meetings')}
          </MenuItem>
          <MenuItem id="/recordings" className="menu-item">
            {text('site.recordings')}
          </MenuItem>
          {isAdmin && (
            <MenuItem id="/nodes" className="menu-item">
              {text('site.nodes')}
            </MenuItem>
          )}
          <MenuItem id="/account" className="menu-item">
            {text('site.account')}
          </MenuItem>
          <MenuItem id="logOut" className="menu-item">
            {text('site.logOut')}
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
