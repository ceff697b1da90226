// Brings the servers that tests start and that neither Debian nor the project's own packages have, into
// build/: Apache Kafka (Maven, 43 MB) and chdb, today's ClickHouse in a process (npm, 546 MB). Not among
// the project's packages, as who only starts Plenum needs neither.
//   node tools/run/test-servers.mjs
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { command, root, whenChanged } from './steps.mjs';

const quiet = { show: false };

async function bringKafka() {
  const jar = 'build/kafka/kafka_2.13-4.1.1.jar';
  await whenChanged('kafka', ['test/fixtures/kafka'], jar, async () => {
    console.error('run: bringing Kafka for tests');
    await command(
      'mvn',
      [
        ...['mvn', '-q', '-B', '-f', 'test/fixtures/kafka/pom.xml'],
        ...['dependency:copy-dependencies', '-DincludeScope=runtime'],
        `-DoutputDirectory=${join(root, 'build/kafka')}`,
      ],
      quiet,
    );
  });
}

async function bringChdb() {
  const marker = 'build/chdb/node_modules/chdb/package.json';
  await whenChanged('chdb', ['test/fixtures/chdb'], marker, async () => {
    console.error('run: bringing chdb for tests');
    mkdirSync(join(root, 'build/chdb'), { recursive: true });
    cpSync(join(root, 'test/fixtures/chdb/package.json'), join(root, 'build/chdb/package.json'));
    const install = ['npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts'];
    const pinned = ['--no-package-lock', '--omit=optional', '--prefix', 'build/chdb'];
    await command('npm install', [...install, ...pinned], quiet);
  });
}

export async function bringTestServers() {
  await Promise.all([bringKafka(), bringChdb()]);
}

if (import.meta.filename === process.argv[1]) await bringTestServers();
