// Brings the servers that tests start and that neither Debian nor the project's own packages have, into
// build/: Apache Kafka (Maven, 43 MB), S3Proxy, an S3 server over a folder (Maven, 43 MB), and chdb, today's
// ClickHouse in a process (npm, 546 MB). Not among the project's packages, as who only starts Plenum needs none.
//   node tools/run/test-servers.mjs
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { command, root, whenChanged } from './steps.mjs';

const quiet = { show: false };

/** Jars, all that they need with them. */
async function bringJars(name, jar) {
  const pom = `test/fixtures/${name}`;
  await whenChanged(name, [pom], `build/${name}/${jar}`, async () => {
    console.error(`run: bringing ${name} for tests`);
    await command(
      'mvn',
      [
        ...['mvn', '-q', '-B', '-f', `${pom}/pom.xml`],
        ...['dependency:copy-dependencies', '-DincludeScope=runtime'],
        `-DoutputDirectory=${join(root, 'build', name)}`,
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
  await Promise.all([
    bringJars('kafka', 'kafka_2.13-4.1.1.jar'),
    bringJars('s3', 's3proxy-2.7.0.jar'),
    bringChdb(),
  ]);
}

if (import.meta.filename === process.argv[1]) await bringTestServers();
