/**
 * Plenum as several processes: control processes on one database and one Redis, media nodes, and an
 * entrance before them as an ingress is. Everything ends with the test.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import {
  type Lifetime,
  testDatabase,
  testServer,
  urlOf,
} from '../../../control/src/testing/test-database.js';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import { type TestRedis, testRedis } from '../../../control/src/testing/test-redis.js';
import type { Person } from './accounts.js';
import { type EventStores, startEventStores } from './event-stores.js';
import { emptyFolder, eventually, repository, serverCommand } from './plenum.js';

/** Who has the first account. */
export const fleetAdmin: Person = {
  name: 'Admin',
  email: 'admin@example.org',
  password: 'correct horse battery staple',
};

/** A process of the fleet. */
export interface Member {
  process: ChildProcess;
  /** As a crash does. */
  kill(): Promise<void>;
  stdout(): string;
  stderr(): string;
}

export interface FleetControl extends Member {
  url: string;
  /** Where /metrics is. */
  adminUrl: string;
}

export interface FleetNode extends Member {
  nodeId: string;
  region: string;
  mediaPort: number;
}

export interface Fleet {
  /** Of the entrance. */
  url: string;
  controls: FleetControl[];
  nodes: FleetNode[];
  redis: TestRedis;
  /** Null unless asked for. */
  events: EventStores | null;
  /** What an administrator asks. */
  admin(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** Another one. */
  addNode(region?: string): Promise<FleetNode>;
  addControl(): Promise<FleetControl>;
}

export interface FleetOptions {
  controls?: number;
  /** The region of each control process. Default: that of the nodes of one region. */
  regions?: readonly string[];
  /** The region of each. */
  nodes?: readonly string[];
  /** Where the first, the second, … of the nodes is to be reached by the others. */
  linkAnnounce?: readonly string[];
  /** Kafka, a sink and ClickHouse. */
  hasEvents?: boolean;
  /** Of every process, besides what the fleet needs. */
  environment?: Readonly<Record<string, string>>;
}

export async function startFleet(
  t: Lifetime,
  {
    controls: wanted = 2,
    regions: controlRegions = [],
    nodes: regions = ['local', 'local'],
    linkAnnounce = [],
    hasEvents = false,
    environment,
  }: FleetOptions = {},
): Promise<Fleet> {
  const [postgres, events] = await Promise.all([testServer(t), hasEvents ? eventStores(t) : null]);
  const database = await urlOf(postgres, await testDatabase(t, postgres));
  const redis = await testRedis(t);
  const folder = await emptyFolder();
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const shared = {
    ...environment,
    DATABASE_URL: database,
    PLENUM_BUS_URL: `redis://${redis.address}`,
    PLENUM_KEYS_SECRET: 'a secret that every process of this fleet has',
    PLENUM_ACCOUNTS_ADMIN_SECOND_FACTOR: 'optional',
    PLENUM_CONFIG: 'none',
    ...events?.environment,
  };
  const controls: FleetControl[] = [];
  const fleetPorts: number[] = [];
  const addControl = async () => {
    const fleetPort = await claimPort();
    const port = await claimPort();
    const adminPort = await claimPort();
    const member = launch(t, 'control', {
      adminPort,
      options: ['--port', `${port}`, '--data', join(folder, `control-${controls.length}`)],
      environment: {
        ...shared,
        PLENUM_FLEET_PORT: `${fleetPort}`,
        PLENUM_FLEET_REGION: controlRegions[controls.length] ?? 'local',
        PLENUM_HTTP_TRUSTED_PROXIES: '127.0.0.1',
      },
    });
    await member.says(/^Plenum is ready: /m);
    fleetPorts.push(fleetPort);
    const at = (port: number) => `http://127.0.0.1:${port}/`;
    const control = { ...member, url: at(port), adminUrl: at(adminPort) };
    controls.push(control);
    return control;
  };
  await addControl();
  const setup = /setup#t=(\S+)/.exec(controls[0]?.stdout() ?? '')?.[1] ?? '';
  for (let n = 1; n < wanted; n++) await addControl();
  const url = await entrance(t, () => controls);
  const admin = await administrator(url, setup);
  const nodes: FleetNode[] = [];
  const addNode = async (region = 'local') => {
    const mediaPort = await claimPort();
    const { token } = (await admin('POST', 'v1/node-tokens', {})) as { token: string };
    const member = launch(t, 'node', {
      options: [
        ...['--media-port', `${mediaPort}`],
        ...['--data', join(folder, `node-${nodes.length}`)],
      ],
      environment: {
        ...environment,
        PLENUM_CONFIG: 'none',
        PLENUM_NODE_NAME: `node-${nodes.length + 1}`,
        PLENUM_NODE_TOKEN: token,
        PLENUM_NODE_CONTROLS: fleetPorts.map((port) => `127.0.0.1:${port}`).join(','),
        PLENUM_FLEET_REGION: region,
        PLENUM_MEDIA_LINK_ANNOUNCE: linkAnnounce[nodes.length] ?? 'none',
      },
      adminPort: await claimPort(),
    });
    const [, nodeId = ''] = await member.says(/^Plenum node is ready: (\S+)$/m);
    const node = { ...member, nodeId, region, mediaPort };
    nodes.push(node);
    await eventually('the node is up', async () => {
      const { state } = await admin('GET', `v1/nodes/${nodeId}`);
      return state === 'up' ? true : undefined;
    });
    return node;
  };
  for (const region of regions) await addNode(region);
  return { url, controls, nodes, redis, events, admin, addNode, addControl };
}

/** Of the one room that there is. @throws Error while no node has it */
export async function nodeOfTheRoom({ admin, nodes }: Fleet): Promise<FleetNode> {
  for (const node of nodes) {
    const { items } = await admin('GET', `v1/nodes/${node.nodeId}/rooms`);
    if ((items as unknown[]).length > 0) return node;
  }
  throw new Error('no node has the room');
}

/** With a sink between them. */
async function eventStores(t: Lifetime): Promise<EventStores> {
  const stores = await startEventStores(t);
  const environment = { PLENUM_CONFIG: 'none', ...stores.environment };
  const sink = launch(t, 'sink', { options: [], environment, adminPort: await claimPort() });
  await sink.says(/^Plenum sink is ready: /m);
  return stores;
}

interface Launch {
  options: string[];
  environment: Record<string, string>;
  adminPort: number;
}

interface Launched extends Member {
  says(line: RegExp): Promise<RegExpExecArray>;
}

function launch(t: Lifetime, role: string, { options, environment, adminPort }: Launch): Launched {
  const admin = ['--admin-port', `${adminPort}`];
  const [program, ...words] = serverCommand;
  const child = spawn(program, [...words, 'start', role, ...options, ...admin], {
    cwd: repository,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  t.teardown(kill);
  const says = (line: RegExp) =>
    eventually(
      `${role} says ${line}`,
      () => {
        if (child.exitCode !== null) throw new Error(`${role} ended\n${said.stdout}${said.stderr}`);
        return line.exec(said.stdout) ?? undefined;
      },
      60_000,
    );
  return { process: child, kill, says, stdout: () => said.stdout, stderr: () => said.stderr };
}

/** Passes each connection on to a control process that takes it, one after the other. */
async function entrance(t: Lifetime, controls: () => readonly FleetControl[]): Promise<string> {
  const open = new Set<Socket>();
  let turn = 0;
  const relay = createServer((from) => {
    from.on('error', () => {});
    open.add(from);
    from.on('close', () => open.delete(from));
    const ports = controls().map(({ url }) => Number(new URL(url).port));
    turn += 1;
    passOn(from, [...ports.slice(turn % ports.length), ...ports.slice(0, turn % ports.length)]);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  t.teardown(() => {
    for (const socket of open) socket.destroy();
    relay.close();
  });
  const { port } = relay.address() as { port: number };
  return `http://127.0.0.1:${port}/`;
}

function passOn(from: Socket, [port, ...others]: number[]): void {
  if (port === undefined) {
    from.destroy();
    return;
  }
  const onward = connect(port, '127.0.0.1');
  let isOpen = false;
  onward.on('connect', () => {
    isOpen = true;
    from.pipe(onward).pipe(from);
  });
  onward.on('error', () => {
    if (!isOpen) passOn(from, others);
  });
  onward.on('close', () => {
    if (isOpen) from.destroy();
  });
  from.on('close', () => onward.destroy());
}

async function administrator(url: string, setup_token: string): Promise<Fleet['admin']> {
  const { name: username, email, password } = fleetAdmin;
  const ask = (method: string, path: string, body?: object, cookie?: string) =>
    fetch(new URL(path, url), {
      method,
      headers: {
        'idempotency-key': crypto.randomUUID(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(cookie === undefined ? {} : { cookie }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const made = await ask('POST', 'v1/users', { email, username, password, setup_token });
  if (made.status !== 201) throw new Error(`no administrator: ${await made.text()}`);
  const login = await ask('POST', 'v1/sessions', { email, password });
  const [cookie = ''] = (login.headers.get('set-cookie') ?? '').split(';');
  return async (method, path, body) => {
    const answer = await ask(method, path, body, cookie);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  };
}
