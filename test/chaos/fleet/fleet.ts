/**
 * A fleet of real processes on loopback, with a relay before each node and between each node and
 * control, so that a network can fail as well as a process. Everything ends by the pid that was started.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import { eventually } from '../../e2e/support/plenum.js';
import { startTcpRelay, type TcpRelay } from '../../e2e/support/tcp-relay.js';
import { startUdpRelay, type UdpRelay } from '../../e2e/support/udp-relay.js';
import { Admin } from './admin.js';
import { clockOf, setClock } from './clocks.js';
import { settings } from './environment.js';
import { FleetProcess, plenumCommand } from './fleet-process.js';
import { FleetRecorder } from './recorder.js';
import { Regions } from './regions.js';
import { type Stores, startStores } from './stores.js';

export interface FleetNode {
  id: string;
  process: FleetProcess;
  adminPort: number;
  mediaPort: number;
  /** Between people and the node. */
  media: UdpRelay;
  /** Between the node and control. */
  contact: TcpRelay;
}

export interface FleetControl {
  process: FleetProcess;
  origin: string;
  adminPort: number;
  /** Where nodes, and other control processes, reach it. */
  fleetAddress: string;
}

/** Whose wall clock may be set. */
type Clocked = Pick<FleetControl, 'process' | 'adminPort'>;

export interface FleetOptions {
  nodes: number;
  controls: number;
  /** Real ones, or what control brings along; `bare`: without Kafka, ClickHouse and the sink. */
  stores: 'none' | 'bare' | 'all';
  /** A control process and a node in each of two. */
  hasRegions?: boolean;
  /** Each process has a wall clock that can be set (libfaketime). */
  hasClocks?: boolean;
  /** With a disk of its own, and an S3 store to which it writes. */
  hasRecorder?: boolean;
}

export const layoutE: FleetOptions = { nodes: 3, controls: 1, stores: 'none' };
export const layoutR: FleetOptions = { nodes: 3, controls: 2, stores: 'all' };

/** Of a date in whole seconds, which is kept for one, on its way. */
const toleranceMs = 60_000;

/** An address at which nobody listens: who is told of it comes by the relay that it knows. */
const nowhere = '127.0.0.1:1';

export class Fleet {
  readonly controls: FleetControl[] = [];
  readonly nodes: FleetNode[] = [];
  private readonly ends: (() => unknown)[] = [];
  private readonly lifetime = { teardown: (end: () => unknown) => void this.ends.unshift(end) };
  private operator: Admin | undefined;
  private ownStores: Stores | undefined;
  private ownSink: FleetProcess | undefined;
  private ownRegions: Regions | undefined;
  private ownRecorder: FleetRecorder | undefined;

  private constructor(
    readonly folder: string,
    private readonly options: FleetOptions,
  ) {}

  static async start(options: FleetOptions): Promise<Fleet> {
    const folder = await mkdtemp(join(tmpdir(), 'plenum-chaos-'));
    await chmod(folder, 0o755);
    const fleet = new Fleet(folder, options);
    try {
      if (options.stores !== 'none') await fleet.addStores(options.stores === 'all');
      if (options.hasRegions) await fleet.addRegions();
      if (options.hasRecorder)
        fleet.ownRecorder = await FleetRecorder.prepare(fleet.lifetime, folder);
      for (let n = 0; n < options.controls; n += 1) await fleet.addControl(n);
      fleet.operator = await Admin.first(() => fleet.origin(), await fleet.setupToken());
      for (let n = 0; n < options.nodes; n += 1) await fleet.addNode(n);
      const [one, other] = fleet.nodes.map(({ mediaPort }) => mediaPort);
      if (one !== undefined && other !== undefined) fleet.ownRegions?.connect(one, other);
      await fleet.startRecorder();
      for (const { origin } of fleet.controls) await fleet.hearsAllNodes(origin);
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  get admin(): Admin {
    if (this.operator === undefined) throw new Error('the fleet has not started');
    return this.operator;
  }

  get stores(): Stores {
    if (this.ownStores === undefined) throw new Error('this fleet has its stores inside');
    return this.ownStores;
  }

  get regions(): Regions {
    if (this.ownRegions === undefined) throw new Error('this fleet has no regions');
    return this.ownRegions;
  }

  get sink(): FleetProcess {
    if (this.ownSink === undefined) throw new Error('this fleet has no sink');
    return this.ownSink;
  }

  get recorder(): FleetRecorder {
    if (this.ownRecorder === undefined) throw new Error('this fleet has no recorder');
    return this.ownRecorder;
  }

  /** Of a control process that runs, unless another is named. */
  origin(index = this.controls.findIndex(({ process }) => process.isRunning)): string {
    const control = this.controls[Math.max(0, index)];
    if (control === undefined) throw new Error('there is no control process');
    return control.origin;
  }

  /** Sets the wall clock of one process so many seconds beside the machine's; it says itself that it has it. */
  async setClock({ process, adminPort }: Clocked, seconds: number): Promise<void> {
    const { name } = process.options;
    await setClock(this.folder, name, seconds);
    await eventually(`${name} is ${seconds} s beside the machine`, async () => {
      const { headers } = await fetch(`http://127.0.0.1:${adminPort}/healthz`);
      const besideMs = Date.parse(headers.get('date') ?? '') - Date.now();
      return Math.abs(besideMs - seconds * 1000) < toleranceMs ? true : undefined;
    });
  }

  /** Ends that nobody asked for, since they were asked for last. */
  takeUnexpectedEnds(): string[] {
    return this.processes.flatMap(({ unexpectedEnds }) => unexpectedEnds.splice(0));
  }

  /** Last words of every process, for a failure's report. */
  get lastWords(): string {
    return this.processes
      .map(({ options, output }) => `== ${options.name}\n${output.slice(-3000)}`)
      .join('\n');
  }

  async stop(): Promise<void> {
    const { processes } = this;
    for (const process of processes) process.thaw();
    const media = [...this.nodes, ...this.recorders].map(({ process }) => process);
    await Promise.all(media.map((process) => process.end('SIGKILL')));
    await Promise.all(this.controls.map(({ process }) => process.end()));
    await this.ownSink?.end('SIGKILL');
    for (const end of this.ends) await end();
    for (const process of processes) process.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A node finds one control process after the other. */
  private hearsAllNodes(origin: string): Promise<true> {
    const admin = this.admin.at(origin);
    return eventually(`${origin} hears all nodes`, async () => {
      const up = (await admin.nodes()).filter(({ state }) => state === 'up');
      return up.length === this.nodes.length + this.recorders.length ? true : undefined;
    });
  }

  private get processes(): FleetProcess[] {
    const sinks = this.ownSink === undefined ? [] : [this.ownSink];
    const all = [...this.controls, ...this.nodes, ...this.recorders];
    return [...all.map(({ process }) => process), ...sinks];
  }

  private get recorders(): FleetRecorder[] {
    return this.ownRecorder?.hasBegun ? [this.ownRecorder] : [];
  }

  private async startRecorder(): Promise<void> {
    const [control] = this.controls;
    if (this.ownRecorder === undefined || control === undefined) return;
    await this.ownRecorder.start({
      control: control.fleetAddress,
      token: await this.admin.nodeToken('recorder'),
      environment: { ...settings, ...clockOf(this.folder, 'recorder', this.options) },
    });
  }

  private async addRegions(): Promise<void> {
    this.ownRegions = await Regions.open(this.lifetime, (n) =>
      [this.controls[n], this.nodes[n]].flatMap((one) =>
        one?.process.isRunning ? [one.process.pid] : [],
      ),
    );
  }

  private async addStores(hasEvents: boolean): Promise<void> {
    this.ownStores = await startStores(this.lifetime, { folder: this.folder, hasEvents });
    if (!hasEvents) return;
    this.ownSink = new FleetProcess({
      name: 'sink',
      argv: this.ownStores.events.sinkCommand,
      environment: {},
      ready: /^ready$/m,
      logFolder: this.folder,
    });
    await this.ownSink.start();
  }

  private async addControl(n: number): Promise<void> {
    const [port, adminPort, fleetPort] = [await claimPort(), await claimPort(), await claimPort()];
    const origin = `http://127.0.0.1:${port}`;
    const region = await this.ownRegions?.controlSettings(n, { fleetPort, origin });
    const process = new FleetProcess({
      name: `control-${n}`,
      argv: plenumCommand('control', [
        ...['--port', String(port), '--admin-port', String(adminPort)],
        ...['--data', join(this.folder, `control-${n}`)],
      ]),
      environment: {
        ...settings,
        ...this.ownStores?.environment,
        ...this.ownRecorder?.environment,
        ...clockOf(this.folder, `control-${n}`, this.options),
        PLENUM_HTTP_ORIGIN: origin,
        PLENUM_FLEET_PORT: String(fleetPort),
        ...(this.options.controls === 1 ? { PLENUM_FLEET_ADVERTISE: nowhere } : {}),
        ...region?.environment,
      },
      ready: /^Plenum is ready: (http:\/\/\S+)$/m,
      logFolder: this.folder,
    });
    this.controls.push({
      process,
      origin: `${origin}/`,
      adminPort,
      fleetAddress: region?.fleetAddress ?? `127.0.0.1:${fleetPort}`,
    });
    await process.start();
  }

  /** Each start without an administrator prints one; it comes after the line that it is ready. */
  private setupToken(): Promise<string> {
    return eventually('the link for the first account', () => {
      const outputs = this.controls.map(({ process }) => process.output);
      return outputs.map((said) => /\/setup#t=(\S+)\n/.exec(said)?.[1]).find(Boolean);
    });
  }

  private async addNode(n: number): Promise<void> {
    const [adminPort, mediaPort] = [await claimPort(), await claimPort()];
    const addresses = this.controls.map(({ fleetAddress }) => fleetAddress);
    const [fleetAddress] = addresses as [string];
    const media = await startUdpRelay({ nodePort: mediaPort, loss: 0, seed: 1 + n });
    this.lifetime.teardown(() => media.close());
    const contact = await startTcpRelay(`http://${fleetAddress}`);
    this.lifetime.teardown(() => contact.close());
    const { host } = new URL(contact.address(`http://${fleetAddress}`));
    const process = new FleetProcess({
      name: `node-${n}`,
      argv: plenumCommand('node', [
        ...['--admin-port', String(adminPort), '--media-port', String(mediaPort)],
        ...['--data', join(this.folder, `node-${n}`), '--announce', `127.0.0.1:${media.port}`],
      ]),
      environment: {
        ...settings,
        ...clockOf(this.folder, `node-${n}`, this.options),
        ...this.ownRegions?.nodeSettings(n),
        // The relay is people's.
        ...(this.ownRecorder ? { PLENUM_MEDIA_LINK_ANNOUNCE: `127.0.0.1:${mediaPort}` } : {}),
        PLENUM_NODE_NAME: `node ${n}`,
        PLENUM_NODE_TOKEN: await this.admin.nodeToken(),
        // Under two addresses one control process would be taken for two.
        PLENUM_NODE_CONTROLS: this.controls.length === 1 ? host : addresses.join(),
      },
      ready: /^Plenum node is ready: (\S+)$/m,
      logFolder: this.folder,
    });
    const node = { id: '', process, adminPort, mediaPort, media, contact };
    this.nodes.push(node);
    await process.start();
    node.id = process.readyLine[1] as string;
  }
}
