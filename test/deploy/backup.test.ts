import { join } from 'node:path';
import t, { type Test } from 'tap';
import { projectRoot } from '../../control/src/config.js';
import type { Database } from '../../control/src/store/database.js';
import { migrate } from '../../control/src/store/migrator.js';
import { eventually } from '../../control/src/testing/test-redis.js';
import {
  type BackedUpPostgres,
  backedUpPostgres,
  commandOf,
  reachable,
} from './support/backed-up-postgres.js';

interface Row {
  id: number;
  word: string;
}

async function write(database: Database, first: number, last: number): Promise<void> {
  await database.query(
    'insert into written select n, md5(random()::text) from generate_series($1::int, $2::int) n',
    [first, last],
  );
}

const readAll = (database: Database) =>
  database.query<Row>('select id, word from written order by id');

/** Resolves when everything that has been written can be brought back. */
async function archived({ run }: BackedUpPostgres): Promise<void> {
  const ask = async (statement: string) => (await run('psql', '-XqAtc', statement)).trim();
  const segment = await ask('select pg_walfile_name(pg_switch_wal())');
  await eventually('WAL is archived', async () => {
    const last = await ask('select last_archived_wal from pg_stat_archiver');
    return last >= segment ? true : undefined;
  });
}

t.test('back to the moment before the damage, with every row', async (t) => {
  const postgres = await backedUpPostgres(t);
  const { run, start, stop, open } = postgres;
  await start();
  await run('pgbackrest', '--stanza=plenum', 'stanza-create');
  await run('pgbackrest', '--stanza=plenum', 'check');
  await run('createdb', 'plenum');
  const before = open('plenum');
  await migrate(before, join(projectRoot, 'control/migrations'));
  await before.query('create table written (id int primary key, word text not null)');
  await write(before, 1, 500);
  for (const repository of ['1', '2']) await run(...commandOf('pg-backup@.service', repository));
  await write(before, 501, 1000);
  const expected = await readAll(before);
  const [row] = await before.query<{ moment: string }>('select clock_timestamp()::text as moment');
  await write(before, 1001, 1100);
  await before.query('drop table written, meetings cascade');
  await archived(postgres);
  await before.close();
  await stop();

  await run(
    'pgbackrest',
    ...['--stanza=plenum', '--delta', '--type=time', `--target=${row?.moment}`],
    ...['--target-action=promote', 'restore'],
  );
  await start();
  const after = open('plenum');
  const found = await readAll(after);
  t.equal(found.length, 1000);
  t.strictSame(found, expected, 'each row as it was, none of later');
  t.strictSame(await after.query('select 1 from meetings'), [], 'ours are there again');
  await checkRepositories(t, postgres);
  await after.close();

  const said = await run(reachable(t, 'backup/rehearse'), join(postgres.folder, 'rehearsal'));
  t.match(said, /every row is back.*\(RPO\): .*\(RTO\) in \d+ s/, 'the shipped rehearsal agrees');
  t.comment(said.trim().split('\n').at(-1));
});

interface Stanza {
  backup: { type: string; error: boolean; database: { 'repo-key': number } }[];
}

async function checkRepositories(t: Test, { run }: BackedUpPostgres): Promise<void> {
  const told = await run('pgbackrest', '--stanza=plenum', '--output=json', 'info');
  const [stanza] = JSON.parse(told) as Stanza[];
  const backups = stanza?.backup.map((one) => [one.database['repo-key'], one.type, one.error]);
  t.strictSame(backups?.sort(), [
    [1, 'full', false],
    [2, 'full', false],
  ]);
}
