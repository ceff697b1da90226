import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { projectRoot } from '../config.js';
import { type KafkaAddress, readQueueAddress } from '../queue/queue-address.js';
import { TestChild } from './test-child.js';
import { type Lifetime, testFolder } from './test-database.js';
import { claimPort } from './test-ports.js';

const run = promisify(execFile);
const jars = join(projectRoot, 'build/kafka');
/** It is there for a minute: little memory, and no time for a better compiler. */
const java = ['-Xms96m', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
/** Its controllers'. */
const controllerOffset = 1;
const clusterId = 'MkU3OEVBNTcwNTJENDM2Qg';
/** Of topics that are made without saying. */
const partitions = 3;

let topics = 0;

/** An Apache Kafka of the test's own: one broker, KRaft, on disk. */
export class TestKafka {
  constructor(
    private readonly port: number,
    private readonly broker: TestChild,
  ) {}

  /** `kafka://…` with a topic that nobody else has. */
  url(): string {
    topics += 1;
    return `kafka://127.0.0.1:${this.port}/events-${topics}`;
  }

  /** Of a fresh topic. */
  address(): KafkaAddress {
    return readQueueAddress(this.url()) as KafkaAddress;
  }

  client(): Kafka {
    const brokers = [`127.0.0.1:${this.port}`];
    return new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 10 } });
  }

  /** As a crash does. */
  kill(): Promise<void> {
    return this.broker.kill();
  }

  /** With all that it had on disk. */
  async restart(): Promise<void> {
    this.broker.start();
    await this.answers();
  }

  async answers(): Promise<void> {
    const admin = this.client().admin({ retry: { retries: 0 } });
    await this.broker.answers(async () => {
      await admin.connect();
      await admin.listTopics();
    });
    await admin.disconnect();
  }
}

export async function testKafka(t: Lifetime): Promise<TestKafka> {
  if (!existsSync(jars)) throw new Error('no Kafka: node tools/run/test-servers.mjs brings it');
  const folder = join(testFolder(t), 'kafka');
  mkdirSync(folder);
  const port = await claimPort([controllerOffset]);
  const settings = join(folder, 'server.properties');
  writeFileSync(settings, settingsOf(port, folder));
  const line = [...java, '-cp', join(jars, '*')];
  await run('java', [
    ...line,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId,
    '-c',
    settings,
  ]);
  const kafka = new TestKafka(port, new TestChild(t, 'java', [...line, 'kafka.Kafka', settings]));
  await kafka.restart();
  return kafka;
}

function settingsOf(port: number, folder: string): string {
  const controller = port + controllerOffset;
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=${folder}/logs
num.partitions=${partitions}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
`;
}
