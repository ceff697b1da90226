import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Test } from 'tap';
import { projectRoot } from '../config.js';
import { Database, type DatabaseAddress, maintenance } from '../store/database.js';
import { launchEmbeddedPostgres } from '../store/embedded-postgres.js';
import { migrate } from '../store/migrator.js';
import { fillFolder, type Recipe } from './kept-folder.js';
import { testBouncer } from './test-pgbouncer.js';

/** What ends with a test, or with a benchmark. */
export type Lifetime = Pick<Test, 'teardown'>;

/** A folder of a test's own that the database's user may pass through; removed at its end. */
export function testFolder(t: Lifetime): string {
  const folder = mkdtempSync(join(tmpdir(), 'plenum-test-'));
  chmodSync(folder, 0o755);
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Of servers, the PgBouncer before them. */
const bouncers = new Map<DatabaseAddress, DatabaseAddress>();
/** Few, so that clients meet each other's leftovers. */
const poolSize = 4;

/**
 * A real server for one test file: of `DATABASE_URL`, else an embedded one. With
 * `PLENUM_TEST_PGBOUNCER=1` everything but migrations reaches it through a PgBouncer.
 */
export async function testServer(t: Lifetime): Promise<DatabaseAddress> {
  const given = process.env.DATABASE_URL;
  if (given !== undefined) {
    const address = { connectionString: given };
    // Other files have this server too.
    t.teardown(async () => {
      const name = await templates.get(address);
      if (name !== undefined) await admin(address, `drop database ${name}`);
    });
    return address;
  }
  const folder = testFolder(t);
  await fillFolder(folder, migratedCluster);
  const server = await launchEmbeddedPostgres(join(folder, clusterName));
  t.teardown(() => server.stop());
  await server.ready;
  templates.set(server.address, Promise.resolve(migratedName));
  if (process.env.PLENUM_TEST_PGBOUNCER === '1') {
    bouncers.set(server.address, await testBouncer(t, server.address, poolSize));
  }
  return server.address;
}

/** Below a test's folder. */
const clusterName = 'postgres';
/** Of the database in a kept cluster that others are copies of. */
const migratedName = 'migrated';

/** A cluster with a migrated database. */
const migratedCluster: Recipe = {
  name: 'cluster',
  sources: [
    'package-lock.json',
    'control/migrations',
    'out/control/src/store/postgres-cluster.js',
    'out/control/src/testing/test-database.js',
  ],
  make: async (folder) => {
    const server = await launchEmbeddedPostgres(join(folder, clusterName));
    await server.ready;
    // What a test writes outlives processes that end, not machines: the disk is not waited for.
    await admin(server.address, 'alter system set fsync = off');
    await migratedOn(server.address, migratedName);
    await server.stop();
  },
};

let made = 0;
/** Names of migrated databases that nobody works on, by server. */
const templates = new Map<DatabaseAddress, Promise<string>>();

/** An empty database of the test's own on that server, with all migrations unless told. */
export async function testDatabase(
  t: Lifetime,
  server: DatabaseAddress,
  options: { migrated: boolean } = { migrated: true },
): Promise<Database> {
  const name = nextName();
  // As files, and not page by page through the log: half of the time.
  const from = options.migrated ? `template ${await templateOn(server)} strategy file_copy` : '';
  await admin(server, `create database ${name} ${from}`);
  t.teardown(() => admin(server, `drop database ${name} with (force)`));
  const database = new Database(addressOf(server, name));
  t.teardown(() => database.close());
  return database;
}

function nextName(): string {
  made += 1;
  return `test_${process.pid}_${made}`;
}

/** Migrated once for all databases of a server, which are copies of it: that takes a tenth of the time. */
function templateOn(server: DatabaseAddress): Promise<string> {
  const known = templates.get(server) ?? migratedOn(server, nextName());
  templates.set(server, known);
  return known;
}

async function migratedOn(server: DatabaseAddress, name: string): Promise<string> {
  await admin(server, `create database ${name}`);
  const direct = new Database(databaseOn(server, name), maintenance);
  await migrate(direct, join(projectRoot, 'control/migrations'));
  await direct.close();
  return name;
}

/** Of a database on that server, as Plenum reaches it. */
export function addressOf(server: DatabaseAddress, name: string): DatabaseAddress {
  return databaseOn(bouncers.get(server) ?? server, name);
}

/** What a process of its own is told, to work on that very database, past any PgBouncer. */
export async function urlOf(server: DatabaseAddress, database: Database): Promise<string> {
  const [row] = await database.query<{ name: string }>('select current_database() as name');
  const { connectionString, host, port, user } = databaseOn(server, row?.name as string);
  const query = new URLSearchParams({ host: String(host) });
  return connectionString ?? `postgres://${user}@localhost:${port}/${row?.name}?${query}`;
}

function databaseOn(server: DatabaseAddress, name: string): DatabaseAddress {
  if (server.connectionString === undefined) return { ...server, database: name };
  const url = new URL(server.connectionString);
  url.pathname = `/${name}`;
  return { connectionString: url.href };
}

async function admin(server: DatabaseAddress, statement: string): Promise<void> {
  const client = new pg.Client(server);
  await client.connect();
  await client.query(statement);
  await client.end();
}
