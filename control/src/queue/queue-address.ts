import { type Endpoint, readCredentials, readEndpoint } from '../config/network-address.js';

export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

export interface KafkaAddress {
  kind: 'kafka';
  /** Some brokers; they name the others. */
  brokers: Endpoint[];
  topic: string;
  isEncrypted: boolean;
  /** Null: the brokers ask nobody who they are. */
  login: { username: string; password: string; mechanism: (typeof saslMechanisms)[number] } | null;
}

export type QueueAddress = { kind: 'local' } | KafkaAddress;

const form =
  /^(kafkas?):\/\/(?:([^@/]*)@)?([^@/]+)\/([\w.-]{1,200})(?:\?sasl=(plain|scram-sha-256|scram-sha-512))?$/;
const defaultPort = 9092;

/**
 * Reads `local:` or `kafka://user:password@host:port,host:port/topic?sasl=scram-sha-256`; `kafkas` is
 * TLS, `sasl` is `scram-sha-512` unless said. Null: none of these.
 */
export function readQueueAddress(url: string): QueueAddress | null {
  if (url === 'local:') return { kind: 'local' };
  const [, scheme, credentials, hosts = '', topic = '', sasl] = form.exec(url) ?? [];
  if (scheme === undefined) return null;
  const brokers = hosts.split(',').map((text) => readEndpoint(text, defaultPort));
  if (!brokers.every((broker) => broker !== null)) return null;
  const login = readCredentials(credentials);
  if (login === null || (credentials === undefined && sasl !== undefined)) return null;
  const { username, password } = login;
  if (credentials !== undefined && username === undefined) return null;
  const mechanism = (sasl ?? 'scram-sha-512') as (typeof saslMechanisms)[number];
  return {
    kind: 'kafka',
    brokers,
    topic,
    isEncrypted: scheme === 'kafkas',
    login: username && password !== undefined ? { username, password, mechanism } : null,
  };
}
