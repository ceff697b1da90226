import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { promisify } from 'node:util';
import pg from 'pg';
import { readBusAddress } from '../bus/bus-address.js';
import { RedisBus } from '../bus/redis-bus.js';
import { readEventsAddress } from '../clickhouse/clickhouse-address.js';
import { ClickHouseStore } from '../clickhouse/clickhouse-store.js';
import type { Config } from '../config.js';
import { readMachine } from '../machine.js';
import { kafkaClient } from '../queue/kafka-client.js';
import { readQueueAddress } from '../queue/queue-address.js';
import { openObjects } from '../store/open-objects.js';
import type { Facts } from './finding.js';

const patienceMs = 5000;

/** The world as it is. */
export function systemFacts(): Facts {
  return {
    machine: readMachine(),
    now: () => Date.now(),
    async freeBytes(folder) {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    postgres: askPostgres,
    redis: askRedis,
    kafka: askKafka,
    clickhouse: askClickHouse,
    objects: tryObjects,
    async program(name, args) {
      const { stdout } = await promisify(execFile)(name, [...args], { timeout: patienceMs });
      return stdout;
    },
    ownAddresses: () =>
      Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address) ?? []),
  };
}

async function askPostgres(url: string): Promise<{ version: number; now: number }> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: patienceMs,
    query_timeout: patienceMs,
  });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ version: number; now: string }>(
      `select current_setting('server_version_num')::int as version,
              (extract(epoch from clock_timestamp()) * 1000)::float8 as now`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('it does not answer');
    return { version: row.version, now: Number(row.now) };
  } finally {
    await client.end();
  }
}

async function askRedis({ url, prefix }: Config['bus']): Promise<void> {
  const address = readBusAddress(url);
  if (address === null || address.kind === 'memory') throw new Error('it is no URL of Redis');
  const bus = new RedisBus(address, { prefix });
  try {
    await bus.connect(patienceMs);
    await bus.get('doctor:nothing');
  } finally {
    await bus.close();
  }
}

async function askKafka(url: string): Promise<void> {
  const address = readQueueAddress(url);
  if (address?.kind !== 'kafka') throw new Error('it is no URL of Kafka');
  const quiet = { debug() {}, info() {}, warn() {} };
  const admin = kafkaClient(address, quiet).admin();
  try {
    await admin.connect();
    await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

async function askClickHouse(url: string): Promise<void> {
  const address = readEventsAddress(url);
  if (address?.kind !== 'clickhouse') throw new Error('it is no URL of ClickHouse');
  const store = new ClickHouseStore(address);
  try {
    await store.ping();
  } finally {
    await store.close();
  }
}

async function tryObjects(settings: Config['objects']): Promise<void> {
  const objects = await openObjects(settings, tmpdir());
  const key = `doctor/${randomUUID()}`;
  await objects.put(key, Buffer.from(key));
  const found = await objects.get(key);
  await objects.delete(key);
  if (found === null || Buffer.from(found).toString() !== key) throw new Error('it keeps nothing');
}
