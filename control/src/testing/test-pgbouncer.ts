import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { DatabaseAddress } from '../store/database.js';
import { serverUser } from '../store/postgres-binaries.js';
import { type Lifetime, testFolder } from './test-database.js';
import { eventually } from './test-redis.js';

/** The name of its socket: nothing listens on TCP. */
const port = 6432;

/**
 * A PgBouncer of the test's own before an embedded server: transaction pooling, as large
 * installations have it. It runs as the user of the server, whose socket only he may enter.
 * @param poolSize connections to the server for each database, whoever many clients share them.
 */
export async function testBouncer(
  t: Lifetime,
  server: DatabaseAddress,
  poolSize: number,
): Promise<DatabaseAddress> {
  const owner = serverUser();
  const folder = join(testFolder(t), 'bouncer');
  mkdirSync(folder);
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  const settings = join(folder, 'pgbouncer.ini');
  writeFileSync(settings, settingsOf(server, folder, poolSize));
  const child = spawn('/usr/sbin/pgbouncer', [settings], { ...owner, stdio: 'ignore', cwd: '/' });
  t.teardown(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const address = { ...server, host: folder, port };
  await eventually('pgbouncer answers', async () => {
    if (child.exitCode !== null) throw new Error('pgbouncer ended at once');
    const client = new pg.Client(address);
    client.on('error', () => {});
    return client.connect().then(
      () => client.end().then(() => true),
      () => undefined,
    );
  });
  return address;
}

function settingsOf(server: DatabaseAddress, folder: string, poolSize: number): string {
  return `[databases]
* = host=${server.host} port=${server.port} user=${server.user}
[pgbouncer]
listen_addr =
listen_port = ${port}
unix_socket_dir = ${folder}
auth_type = any
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 1000
`;
}
