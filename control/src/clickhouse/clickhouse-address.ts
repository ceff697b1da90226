import { type Endpoint, readCredentials, readEndpoint } from '../config/network-address.js';

export interface ClickHouseAddress {
  kind: 'clickhouse';
  /** Of its HTTP interface. */
  endpoint: Endpoint;
  isEncrypted: boolean;
  username: string;
  password: string;
  database: string;
  /** Null: one server; else tables are made on this cluster, replicated and distributed. */
  cluster: string | null;
}

export type EventsAddress = { kind: 'local' } | ClickHouseAddress;

const form =
  /^(clickhouses?):\/\/(?:([^@/]*)@)?([^@/]+)\/([A-Za-z_]\w{0,63})(?:\?cluster=([A-Za-z_]\w{0,63}))?$/;
const defaultPorts = { clickhouse: 8123, clickhouses: 8443 };

/**
 * Reads `local:` or `clickhouse://user:password@host:port/database?cluster=name`; `clickhouses` is TLS.
 * Null: none of these.
 */
export function readEventsAddress(url: string): EventsAddress | null {
  if (url === 'local:') return { kind: 'local' };
  const [, scheme, credentials, host = '', database = '', cluster = null] = form.exec(url) ?? [];
  if (scheme === undefined) return null;
  const endpoint = readEndpoint(host, defaultPorts[scheme as keyof typeof defaultPorts]);
  const login = readCredentials(credentials);
  if (endpoint === null || login === null) return null;
  const { username = 'default', password = '' } = login;
  const isEncrypted = scheme === 'clickhouses';
  return { kind: 'clickhouse', endpoint, isEncrypted, username, password, database, cluster };
}
