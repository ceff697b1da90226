import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { testFolder } from '../testing/test-database.js';
import { Database } from './database.js';
import { launchEmbeddedPostgres } from './embedded-postgres.js';
import { lockFolder } from './folder-lock.js';
import { serverUser } from './postgres-binaries.js';
import { isAlive, waitForExit } from './processes.js';

const moduleUrl = new URL('./embedded-postgres.js', import.meta.url).href;

/** A process that starts a server and waits to be killed. */
async function startElsewhere(folder: string) {
  const script = `const { launchEmbeddedPostgres } = await import(${JSON.stringify(moduleUrl)});
    const server = await launchEmbeddedPostgres(process.argv[1]);
    await server.ready;
    console.log('ready');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

const pidIn = (folder: string) =>
  Number.parseInt(readFileSync(join(folder, 'cluster/postmaster.pid'), 'utf8'), 10);

t.test('a server left behind by a killed process is replaced, its data is kept', async (t) => {
  const folder = join(testFolder(t), 'postgres');
  const first = await launchEmbeddedPostgres(folder);
  await first.ready;
  await first.stop();
  t.notOk(existsSync(join(folder, 'cluster/postmaster.pid')), 'a stop leaves no pid file');

  const child = await startElsewhere(folder);
  const orphan = pidIn(folder);
  const writer = new Database(first.address);
  await writer.query('create table kept (id int)');
  await writer.query('insert into kept values (7)');
  child.kill('SIGKILL');
  await once(child, 'close');
  t.ok(isAlive(orphan));
  const lost = writer.query('select pg_sleep(60)').catch((error) => error);

  const second = await launchEmbeddedPostgres(folder);
  t.teardown(() => second.stop());
  await second.ready;
  t.notOk(isAlive(orphan), 'the orphan is gone');
  t.match(await lost, { code: 'dependency_down' });
  const reader = new Database(second.address);
  t.match(await reader.query('select id from kept'), [{ id: 7 }]);
  t.match(await reader.query("select current_setting('fsync') as fsync"), [{ fsync: 'on' }]);
  await reader.close();
  await writer.close();
});

t.test('who has ended is not alive, whether or not the parent has noticed', async (t) => {
  const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60']);
  const [pid] = await once(parent.stdout, 'data');
  t.ok(await waitForExit(Number(pid), 15_000));
  t.ok(isAlive(parent.pid as number));
  parent.kill();
  await once(parent, 'close');
  t.notOk(isAlive(parent.pid as number));
});

t.test('no lock of a killed server stops the next, whatever its pid is now', async (t) => {
  const folder = join(testFolder(t), 'postgres');
  const first = await launchEmbeddedPostgres(folder);
  await first.ready;
  const locks = ['cluster/postmaster.pid', 'socket/.s.PGSQL.5432.lock'].map((name) => {
    const file = join(folder, name);
    return { file, text: readFileSync(file, 'utf8') };
  });
  await first.stop();

  const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60'], { ...serverUser() });
  t.teardown(() => parent.kill());
  const [ended] = await once(parent.stdout, 'data');
  t.ok(await waitForExit(Number(ended), 15_000));
  for (const pid of [Number(ended), parent.pid]) {
    for (const { file, text } of locks) writeFileSync(file, text.replace(/^\d+/, `${pid}`));
    const next = await launchEmbeddedPostgres(folder);
    await next.ready;
    await next.stop();
  }
});

t.test('a server that ends by itself is started again', async (t) => {
  const folder = join(testFolder(t), 'postgres');
  const server = await launchEmbeddedPostgres(folder);
  t.teardown(() => server.stop());
  await server.ready;
  const database = new Database(server.address);
  await database.query('create table kept (id int)');
  const lost = database.transaction(async (tx) => {
    await tx.query('insert into kept values (1)');
    process.kill(pidIn(folder), 'SIGKILL');
    await tx.query('select pg_sleep(60)');
  });
  await t.rejects(lost, { code: 'dependency_down' }, 'whoever is at work learns of it');
  const found = async (): Promise<unknown> =>
    database.query('select * from kept').catch(async (error) => {
      t.equal(error.code, 'dependency_down');
      // Refused at once while it is away: everybody else has to have a turn.
      await new Promise((resolve) => setTimeout(resolve, 50));
      return found();
    });
  t.strictSame(await found(), []);
  await database.close();
});

t.test('a folder has one owner at a time', async (t) => {
  const folder = testFolder(t);
  const release = lockFolder(folder);
  const script = `const { lockFolder } = await import(${JSON.stringify(
    new URL('./folder-lock.js', import.meta.url).href,
  )});
    try { lockFolder(process.argv[1]); process.exit(0); } catch { process.exit(7); }`;
  const tryElsewhere = async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder]);
    const [code] = await once(child, 'close');
    return code as number;
  };
  t.equal(await tryElsewhere(), 7);
  release();
  t.equal(await tryElsewhere(), 0);
  lockFolder(folder)();
});
