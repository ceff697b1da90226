import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ClickHouseAddress, readEventsAddress } from '../clickhouse/clickhouse-address.js';
import { projectRoot } from '../config.js';
import { TestChild } from './test-child.js';
import { type Lifetime, testFolder } from './test-database.js';
import { claimPort } from './test-ports.js';

/** Of both servers. */
const username = 'plenum';
const password = 'a secret';
const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** A server of the test's own, its HTTP interface on loopback. */
export interface TestClickHouse {
  url: string;
  address: ClickHouseAddress;
  /** For statements that Plenum makes none of. */
  command(statement: string): Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

/** Debian's server (18.16): the wire as it really is, by a server that is old. */
export async function testClickHouse(t: Lifetime): Promise<TestClickHouse> {
  const folder = join(testFolder(t), 'clickhouse');
  mkdirSync(folder);
  const port = await claimPort([1]);
  writeFileSync(join(folder, 'config.xml'), serverSettings(port, folder));
  writeFileSync(join(folder, 'users.xml'), userSettings);
  chmodSync(join(folder, 'users.xml'), 0o600);
  const server = new TestChild(t, '/usr/sbin/clickhouse-server', [
    `--config-file=${join(folder, 'config.xml')}`,
  ]);
  return started(server, port, 'default');
}

/** Today's ClickHouse (chdb), whose engine has no server of its own, behind an endpoint of the test's. */
export async function testChdb(t: Lifetime): Promise<TestClickHouse> {
  const port = await claimPort();
  const options = {
    port,
    folder: join(testFolder(t), 'chdb'),
    modules: join(projectRoot, 'build/chdb/node_modules/'),
    authorization,
  };
  const program = fileURLToPath(new URL('./chdb-server.js', import.meta.url));
  const server = new TestChild(t, process.execPath, [program, JSON.stringify(options)]);
  return started(server, port, 'plenum');
}

async function started(server: TestChild, port: number, database: string): Promise<TestClickHouse> {
  const login = `${username}:${encodeURIComponent(password)}`;
  const url = `clickhouse://${login}@127.0.0.1:${port}/${database}`;
  const restart = async () => {
    server.start();
    await server.answers(async () => {
      const { ok } = await fetch(`http://127.0.0.1:${port}/ping`);
      if (!ok) throw new Error('not yet');
    });
  };
  await restart();
  const address = readEventsAddress(url) as ClickHouseAddress;
  const command = async (body: string) => {
    const request = { method: 'POST', headers: { authorization }, body };
    const response = await fetch(`http://127.0.0.1:${port}/`, request);
    if (!response.ok) throw new Error(await response.text());
  };
  return { url, address, command, kill: () => server.kill(), restart };
}

function serverSettings(port: number, folder: string): string {
  return `<yandex>
  <logger><level>fatal</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>${port}</http_port>
  <tcp_port>${port + 1}</tcp_port>
  <path>${folder}/data/</path>
  <tmp_path>${folder}/tmp/</tmp_path>
  <users_config>${folder}/users.xml</users_config>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <mark_cache_size>67108864</mark_cache_size>
</yandex>
`;
}

const userSettings = `<yandex>
  <profiles><default>
    <allow_experimental_low_cardinality_type>1</allow_experimental_low_cardinality_type>
  </default></profiles>
  <users><${username}>
    <password>${password}</password>
    <networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
  </${username}></users>
  <quotas><default/></quotas>
</yandex>
`;
