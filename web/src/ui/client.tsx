import { createContext, useContext } from 'react';
import type { Api } from '../protocol/http.js';
import type { Settings } from '../session/settings.js';

/** What every page can reach: made once, in main.tsx. */
export interface Client {
  readonly api: Api;
  readonly settings: Settings;
}

export const ClientContext = createContext<Client | undefined>(undefined);

export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error('no client around this component');
  return client;
}
