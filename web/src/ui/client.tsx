import { createContext, useContext } from 'react';
import type { Api } from '../../../client/src/index.js';
import type { Account } from '../session/account.js';
import type { Installation } from '../session/installation.js';
import type { Pages } from '../session/pages.js';
import type { Settings } from '../session/settings.js';

/** What every page can reach: made once, in main.tsx. */
export interface Client {
  readonly api: Api;
  readonly settings: Settings;
  readonly account: Account;
  readonly installation: Installation;
  readonly pages: Pages;
}

export const ClientContext = createContext<Client | undefined>(undefined);

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error('no client around this component');
  return client;
}
