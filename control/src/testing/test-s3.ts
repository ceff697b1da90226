import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../config.js';
import type { S3Address } from '../store/objects-address.js';
import { S3Objects } from '../store/s3-objects.js';
import { TestChild } from './test-child.js';
import { type Lifetime, testFolder } from './test-database.js';
import { claimPort } from './test-ports.js';

const jars = join(projectRoot, 'build/s3');
/** It is there for a minute: little memory, and no time for a better compiler. */
const java = ['-Xms48m', '-Xmx192m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];
const bucket = 'plenum-test';
const credentials = { accessKeyId: 'the-id', secretAccessKey: 'the-secret-of-a-test' };

let prefixes = 0;

/**
 * An S3 server of the test's own (S3Proxy, over a folder): it checks signatures, their expiry and
 * checksums. What it has outlives it.
 */
export class TestS3 {
  constructor(
    readonly origin: string,
    private readonly server: TestChild,
  ) {}

  /** `objects.url`, with a prefix that nobody else has. */
  url(): string {
    prefixes += 1;
    return `s3://${bucket}/test-${prefixes}?endpoint=${this.origin}`;
  }

  /** `objects.access_key_id` and `objects.secret_access_key`. */
  readonly credentials = credentials;

  /** Of a prefix of its own. */
  objects(t: Lifetime, some: Partial<S3Address> = {}): S3Objects {
    prefixes += 1;
    const objects = new S3Objects(
      {
        ...{ kind: 's3', bucket, prefix: `test-${prefixes}/`, region: 'us-east-1' },
        ...{ endpoint: this.origin, publicEndpoint: null },
        ...some,
      },
      credentials,
    );
    t.teardown(() => objects.close());
    return objects;
  }

  /** As a crash does. */
  kill(): Promise<void> {
    return this.server.kill();
  }

  /** With all that it had. */
  async restart(): Promise<void> {
    this.server.start();
    await this.server.answers(() => fetch(this.origin));
  }
}

export async function testS3(t: Lifetime): Promise<TestS3> {
  if (!existsSync(jars)) throw new Error('no S3 server: node tools/run/test-servers.mjs brings it');
  const folder = join(testFolder(t), 's3');
  mkdirSync(join(folder, 'store', bucket), { recursive: true });
  const port = await claimPort();
  const settings = join(folder, 's3proxy.conf');
  writeFileSync(settings, settingsOf(port, join(folder, 'store')));
  const line = [...java, '-cp', join(jars, '*'), 'org.gaul.s3proxy.Main', '--properties', settings];
  const s3 = new TestS3(`http://127.0.0.1:${port}`, new TestChild(t, 'java', line));
  await s3.restart();
  return s3;
}

function settingsOf(port: number, folder: string): string {
  return `s3proxy.endpoint=http://127.0.0.1:${port}
s3proxy.authorization=aws-v4
s3proxy.identity=${credentials.accessKeyId}
s3proxy.credential=${credentials.secretAccessKey}
jclouds.provider=filesystem-nio2
jclouds.filesystem.basedir=${folder}
jclouds.identity=none
jclouds.credential=none
`;
}
