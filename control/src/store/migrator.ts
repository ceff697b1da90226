import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database, Queryable } from './database.js';

/** Any number will do, as long as every Plenum takes the same. */
const migrationLock = 0x706c656e;

interface Migration {
  number: number;
  name: string;
  sql: string;
  checksum: string;
}

/**
 * Brings the schema up to date by the numbered files of `folder` (`0001-name.sql`), all in one
 * transaction under an advisory lock of that transaction: processes that start together wait for
 * each other, and a failure leaves the schema as it was. Needs a direct connection.
 * @throws Error when an applied file was changed, or the database is newer than the folder.
 */
export async function migrate(database: Database, folder: string): Promise<number> {
  const migrations = await readMigrations(folder);
  return database.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    await tx.query(`create table if not exists schema_migrations (
      number integer primary key, name text not null, checksum text not null,
      applied_at timestamptz not null default now())`);
    const applied = await tx.query<{ number: number; checksum: string }>(
      'select number, checksum from schema_migrations order by number',
    );
    verify(migrations, applied);
    const pending = migrations.slice(applied.length);
    for (const migration of pending) await apply(tx, migration);
    return pending.length;
  });
}

async function apply(tx: Queryable, migration: Migration): Promise<void> {
  await tx.query(migration.sql);
  await tx.query('insert into schema_migrations (number, name, checksum) values ($1, $2, $3)', [
    migration.number,
    migration.name,
    migration.checksum,
  ]);
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const number = Number.parseInt(name, 10);
      if (number !== index + 1) throw new Error(`migration ${name}: expected number ${index + 1}`);
      const sql = await readFile(join(folder, name), 'utf8');
      return { number, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

function verify(
  migrations: readonly Migration[],
  applied: readonly { number: number; checksum: string }[],
): void {
  if (applied.length > migrations.length) {
    throw new Error('the database was made by a newer Plenum: update this one');
  }
  for (const [index, { number, checksum }] of applied.entries()) {
    const migration = migrations[index];
    if (migration?.number !== number || migration.checksum !== checksum) {
      throw new Error(`migration ${number} was changed after it had been applied`);
    }
  }
}
