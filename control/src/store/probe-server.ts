import pg from 'pg';
import type { DatabaseAddress } from './database.js';

/** For a connection, and for an answer on it. */
const patienceMs = 1000;
/** It is there, and has no slot for one more. */
const noSlot = '53300';

/** Resolves when the server at the address answers and can be written to; rejects within two seconds. */
export async function probeServer(address: DatabaseAddress): Promise<void> {
  const client = new pg.Client({
    ...address,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
    application_name: 'plenum probe',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query('select pg_is_in_recovery() as "isStandby"');
    if (rows[0]?.isStandby !== false) throw new Error('it is a standby');
  } catch (error) {
    if ((error as { code?: unknown }).code !== noSlot) throw error;
  } finally {
    client.end().catch(() => {});
  }
}

/** Of the library: neither the connection nor the answer came in time. */
export function isSilence(error: unknown): boolean {
  return error instanceof Error && /timeout/i.test(error.message);
}
