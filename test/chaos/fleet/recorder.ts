/** The recorder of a fleet, with a small disk of its own where the machine allows it, and the store to which it writes. */
import { spawnSync } from 'node:child_process';
import { mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lifetime } from '../../../control/src/testing/test-database.js';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import { type TestS3, testS3 } from '../../../control/src/testing/test-s3.js';
import { eventually } from '../../e2e/support/plenum.js';
import { FleetProcess, plenumCommand } from './fleet-process.js';

/** For some minutes of a few people, while the store is away. */
const diskBytes = 128 * 1024 ** 2;
export const reserveBytes = 4 * 1024 ** 2;

interface Launch {
  control: string;
  token: string;
  environment: Record<string, string>;
}

export class FleetRecorder {
  id = '';
  process!: FleetProcess;
  adminPort = 0;
  private readonly fillings: string[] = [];

  private constructor(
    private readonly folder: string,
    readonly store: TestS3,
    /** What it shares with control. */
    readonly environment: Record<string, string>,
    /** Its files lie on a disk that nobody else has. */
    readonly hasDisk: boolean,
  ) {}

  /** The store is there; the process is yet to be started. */
  static async prepare(t: Lifetime, fleetFolder: string): Promise<FleetRecorder> {
    const folder = join(fleetFolder, 'recorder');
    await mkdir(folder);
    const hasDisk = mountDisk(t, folder);
    const store = await testS3(t);
    const { accessKeyId, secretAccessKey } = store.credentials;
    return new FleetRecorder(
      folder,
      store,
      {
        PLENUM_OBJECTS_URL: store.url(),
        PLENUM_OBJECTS_ACCESS_KEY_ID: accessKeyId,
        PLENUM_OBJECTS_SECRET_ACCESS_KEY: secretAccessKey,
        // A list of nothing: composing is no part of these.
        PLENUM_RECORDINGS_LAYOUTS: ',',
      },
      hasDisk,
    );
  }

  /** Of the first take of a recording, as it lies on the disk until it is stored. */
  manifestOf(recordingId: string): string {
    return join(this.folder, 'recorder', 'recordings', recordingId, '1', 'manifest.jsonl');
  }

  get hasBegun(): boolean {
    return this.adminPort > 0;
  }

  async start({ control, token, environment }: Launch): Promise<void> {
    this.adminPort = await claimPort();
    this.process = new FleetProcess({
      name: 'recorder',
      argv: plenumCommand('recorder', [
        ...['--admin-port', `${this.adminPort}`, '--data', this.folder],
      ]),
      environment: {
        ...environment,
        ...this.environment,
        PLENUM_NODE_NAME: 'recorder',
        PLENUM_NODE_TOKEN: token,
        PLENUM_NODE_CONTROLS: control,
        PLENUM_RECORDER_PORT: `${await claimPort()}`,
        PLENUM_RECORDER_RESERVE_BYTES: `${reserveBytes}`,
        PLENUM_RECORDER_RESERVE_SHARE: '0.02',
      },
      ready: /^Plenum recorder is ready: (\S+)$/m,
      logFolder: join(this.folder, '..'),
    });
    await this.process.start();
    this.id = this.process.readyLine[1] as string;
  }

  /** Of its disk nothing but so much is free from now on. */
  async fillUpTo(freeBytes: number): Promise<void> {
    const file = join(this.folder, `filling-${this.fillings.length}`);
    this.fillings.push(file);
    await eventually('the disk is filled', async () => {
      const { bavail, bsize } = await statfs(this.folder);
      // Between the two the recorder may have written.
      const bytes = `${bavail * bsize - freeBytes}`;
      return spawnSync('fallocate', ['-l', bytes, file]).status === 0 ? true : undefined;
    });
  }

  async free(): Promise<void> {
    for (const file of this.fillings.splice(0)) await rm(file, { force: true });
  }
}

/** Who is not root, or root of a container without that right, has none. */
function mountDisk(t: Lifetime, folder: string): boolean {
  const options = ['-t', 'tmpfs', '-o', `size=${diskBytes},mode=700`, 'plenum-chaos', folder];
  if (spawnSync('mount', options).status !== 0) return false;
  t.teardown(() => spawnSync('umount', ['-l', folder]));
  return true;
}
