/**
 * Plenum as a small fleet on loopback: a control process with all it brings, a media node, a recorder. Each is a process of its
 * own, so that what the recorder costs is told from the rest, and datagrams can be lost on either way.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimPort } from '../../control/src/testing/test-ports.js';
import { Admin } from '../../test/chaos/fleet/admin.js';
import { settings } from '../../test/chaos/fleet/environment.js';
import { FleetProcess, plenumCommand } from '../../test/chaos/fleet/fleet-process.js';
import { type LinkRelay, startLinkRelay } from '../../test/e2e/support/link-relay.js';
import { eventually } from '../../test/e2e/support/plenum.js';
import { startUdpRelay, type UdpRelay } from '../../test/e2e/support/udp-relay.js';

export interface ProductOptions {
  /** Puts a relay there, which loses nothing until it is told to: it costs processor time of this process. */
  relays?: 'people' | 'link';
  /** As of taskset. */
  recorderCores?: string;
}

interface Launch {
  name: string;
  /** With its options. */
  argv: readonly string[];
  environment: Record<string, string>;
  ready: RegExp;
  cores?: string | undefined;
}

export class Product {
  control!: FleetProcess;
  node!: FleetProcess;
  recorder!: FleetProcess;
  admin!: Admin;
  /** Between people and the node; between the node and the recorder. */
  people: UdpRelay | undefined;
  link: LinkRelay | undefined;
  origin = '';
  private fleetAddress = '';
  private readonly ends: (() => unknown)[] = [];
  private readonly started: FleetProcess[] = [];

  private constructor(
    readonly folder: string,
    private readonly options: ProductOptions,
  ) {}

  static async start(options: ProductOptions = {}): Promise<Product> {
    const folder = await mkdtemp(join(tmpdir(), 'plenum-bench-'));
    await chmod(folder, 0o755);
    const product = new Product(folder, options);
    try {
      await product.startControl();
      const [nodePort, recorderPort] = [await claimPort(), await claimPort()];
      await product.openRelays(nodePort, recorderPort);
      await product.startNode(nodePort);
      await product.startRecorder(recorderPort);
      return product;
    } catch (error) {
      await product.stop();
      throw error;
    }
  }

  /** Where recordings lie before they are stored. */
  get recorderFolder(): string {
    return join(this.folder, 'recorder');
  }

  /** Control gives out what the recorder has stored. */
  private get shared() {
    const url = `file://${join(this.folder, 'objects')}`;
    return { PLENUM_LOG_LEVEL: 'warn', PLENUM_OBJECTS_URL: url };
  }

  get lastWords(): string {
    return this.started
      .map(({ options, output }) => `== ${options.name}\n${output.slice(-3000)}`)
      .join('\n');
  }

  /** Ends that nobody asked for. */
  takeUnexpectedEnds(): string[] {
    return this.started.flatMap(({ unexpectedEnds }) => unexpectedEnds.splice(0));
  }

  async stop(): Promise<void> {
    for (const process of [...this.started].reverse()) await process.end();
    for (const end of this.ends.reverse()) await end();
    for (const process of this.started) process.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async startControl(): Promise<void> {
    const [port, adminPort, fleetPort] = [await claimPort(), await claimPort(), await claimPort()];
    this.origin = `http://127.0.0.1:${port}/`;
    this.fleetAddress = `127.0.0.1:${fleetPort}`;
    const flags = ['--port', `${port}`, '--admin-port', `${adminPort}`];
    this.control = await this.launch({
      name: 'control',
      argv: plenumCommand('control', [...flags, '--data', join(this.folder, 'control')]),
      environment: {
        PLENUM_HTTP_ORIGIN: this.origin.slice(0, -1),
        PLENUM_FLEET_PORT: `${fleetPort}`,
        // A list of nothing: what is composed is asked for, when nothing else is measured.
        PLENUM_RECORDINGS_LAYOUTS: ',',
      },
      ready: /^Plenum is ready: (http:\/\/\S+)$/m,
    });
    const token = await eventually(
      'the link for the first account',
      () => /\/setup#t=(\S+)\n/.exec(this.control.output)?.[1],
    );
    this.admin = await Admin.first(() => this.origin, token);
  }

  private async openRelays(nodePort: number, recorderPort: number): Promise<void> {
    const { relays } = this.options;
    const lifetime = { teardown: (end: () => unknown) => void this.ends.push(end) };
    if (relays === 'people') {
      const people = await startUdpRelay({ nodePort, loss: 0, seed: 1 });
      this.people = people;
      this.ends.push(() => people.close());
    }
    if (relays === 'link') {
      this.link = await startLinkRelay(lifetime);
      this.link.connect(nodePort, recorderPort);
    }
  }

  private async startNode(mediaPort: number): Promise<void> {
    const { people } = this;
    const announce = people === undefined ? [] : ['--announce', `127.0.0.1:${people.port}`];
    this.node = await this.launch({
      name: 'node',
      argv: plenumCommand('node', [
        ...['--admin-port', `${await claimPort()}`, '--media-port', `${mediaPort}`],
        ...['--data', join(this.folder, 'node'), ...announce],
      ]),
      environment: {
        ...(await this.enrolment('media')),
        // Not by the relay of people.
        PLENUM_MEDIA_LINK_ANNOUNCE: this.link?.announced[0] ?? `127.0.0.1:${mediaPort}`,
      },
      ready: /^Plenum node is ready: (\S+)$/m,
    });
    await this.isUp();
  }

  private async startRecorder(mediaPort: number): Promise<void> {
    this.recorder = await this.launch({
      name: 'recorder',
      argv: plenumCommand('recorder', [
        ...['--admin-port', `${await claimPort()}`, '--data', this.recorderFolder],
      ]),
      environment: {
        ...(await this.enrolment('recorder')),
        PLENUM_RECORDER_PORT: `${mediaPort}`,
        PLENUM_RECORDER_ANNOUNCE: this.link?.announced[1] ?? 'none',
      },
      ready: /^Plenum recorder is ready: (\S+)$/m,
      cores: this.options.recorderCores,
    });
    await this.isUp();
  }

  /** All that were enrolled. */
  private async isUp(): Promise<void> {
    await eventually('it is up', async () =>
      (await this.admin.nodes()).every(({ state }) => state === 'up') ? true : undefined,
    );
  }

  private async enrolment(kind: 'media' | 'recorder') {
    return {
      PLENUM_NODE_NAME: kind,
      PLENUM_NODE_TOKEN: await this.admin.nodeToken(kind),
      PLENUM_NODE_CONTROLS: this.fleetAddress,
    };
  }

  private async launch({ name, argv, environment, ready, cores }: Launch): Promise<FleetProcess> {
    const process = new FleetProcess({
      name,
      argv: cores === undefined ? argv : ['taskset', '-c', cores, ...argv],
      environment: { ...settings, ...this.shared, ...environment },
      ready,
      logFolder: this.folder,
    });
    this.started.push(process);
    await process.start();
    return process;
  }
}
