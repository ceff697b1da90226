/** Control processes and media nodes of a fleet, in the test's process, over real TLS on loopback. */
import { join } from 'node:path';
import { pino } from 'pino';
import type { Test } from 'tap';
import { createNode, FakeEngine } from '../../../lib/index.js';
import { type Bus, sharedOrNull } from '../bus/bus.js';
import { MemoryBus } from '../bus/memory-bus.js';
import { type Clock, systemClock } from '../clock.js';
import type { Config } from '../config.js';
import * as nodeTable from '../domains/nodes/repository.js';
import { activeRoom } from '../domains/rooms/service.js';
import { controlsTable } from '../fleet/controls-table.js';
import { dialWith } from '../fleet/dial.js';
import { Fleet } from '../fleet/fleet.js';
import { NodeAgent } from '../fleet/node-agent.js';
import { NodeCredentials } from '../fleet/node-credentials.js';
import type { NodeHello } from '../fleet/node-messages.js';
import type { MemberKind } from '../fleet/standings.js';
import { systemIds } from '../ids.js';
import type { KeyRing } from '../keys/key-ring.js';
import { InProcessNode } from '../nodes/in-process-node.js';
import type { LocalNode } from '../nodes/node-client.js';
import { serveHere } from '../plugins/elsewhere.js';
import { RecorderAgent } from '../recorders/recorder-agent.js';
import type { Database } from '../store/database.js';
import { makeAdmin } from './test-accounts.js';
import { post } from './test-client.js';
import { type TestControl, testConfig, testControl } from './test-control.js';
import { testFolder } from './test-database.js';
import { claimPort } from './test-ports.js';
import { localRecorder, TestRecorder } from './test-recorders.js';
import { eventually } from './test-redis.js';

const ids = systemIds(systemClock);
const log = pino({ level: 'silent' });

export interface TestFleetControl extends TestControl {
  fleet: Fleet;
  /** Ends it as a crash does: nobody is told anything. */
  crash(): Promise<void>;
}

export interface TestFleetOptions {
  database: Database;
  keys: KeyRing;
  bus?: Bus;
  region?: string;
  port?: number;
  /** Where others are told that it is. */
  advertise?: string;
  limits?: Partial<Config['limits']>;
  /** Of its rooms; what the fleet itself waits for takes its time. */
  clock?: Clock;
  /** Of the fleet itself. */
  fleetClock?: Clock;
  /** Where it keeps what rooms say while the database is away. */
  keptIn?: string;
  /** Takes each line of the log, as JSON. */
  log?: (line: string) => void;
}

/** One control process of a fleet; others share its database and its keys. */
export async function testFleetControl(
  t: Test,
  options: TestFleetOptions,
): Promise<TestFleetControl> {
  const { database, keys, bus = new MemoryBus(systemClock), region = 'local', limits } = options;
  const { advertise = null, port = await claimPort() } = options;
  const config = testConfig({ fleet: { port, region, advertise } });
  const own = options.log === undefined ? log : pino({ level: 'warn' }, { write: options.log });
  const fleet = await Fleet.open({
    ...{ config, keys, ids, log: own, random: Math.random },
    clock: options.fleetClock ?? systemClock,
    bus: sharedOrNull(bus),
    readStandings: () => nodeTable.standings(database),
    markSeen: (nodes, at) => nodeTable.markSeen(database, nodes, at),
    controls: controlsTable(database),
    activeRoom: (meetingId) => activeRoom(database, meetingId),
  });
  const control = await testControl(t, database, {
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    config: { fleet: { region }, limits: { ...config.limits, ...limits } },
    ...{ keys, bus, nodes: fleet.nodes, recorders: fleet.recorders, fleet, owners: fleet },
    ...(options.keptIn === undefined ? {} : { keptIn: options.keptIn }),
    second: fleet.second,
    pass: (controlId, request) => fleet.pass(controlId, request),
    passSocket: (controlId, about) => fleet.passSocket(controlId, JSON.stringify(about)),
    open: async ({ services, app, keep }) => {
      await fleet.listen({
        enrol: (newcomer) => services.nodes.enrol(newcomer),
        isHere: (meetingId) => services.rooms.find(meetingId) !== undefined,
        serve: (passed) => serveHere(app, passed),
        copies: keep,
        seat: (socket, about) => services.signaling.take(socket, JSON.parse(about)),
      });
      services.nodeNews.start();
    },
  });
  t.teardown(() => control.services.nodeNews.stop());
  t.teardown(() => fleet.close());
  const crash = async () => {
    for (const socket of control.app.websocketServer.clients) socket.terminate();
    await fleet.crash();
    await control.app.close();
  };
  return { ...control, fleet, crash };
}

/** A node that comes then is told of all of them at once, else of those that come later within 5 s. */
export async function knowEachOther(controls: readonly TestFleetControl[]): Promise<void> {
  for (const { fleet } of controls) {
    await eventually('the others', async () =>
      fleet.controls.others.length === controls.length - 1 ? true : undefined,
    );
  }
}

/** An enrolment token, by an administrator who is made for it. */
export async function enrolmentToken(
  control: TestControl,
  kind: MemberKind = 'media',
): Promise<string> {
  const admin = await makeAdmin(control);
  const made = await post(`${control.origin}/v1/node-tokens`, { kind }, admin.headers);
  return ((await made.json()) as { token: string }).token;
}

export interface TestNode {
  nodeId: string;
  node: LocalNode;
  agent: NodeAgent;
  credentials: NodeCredentials;
  /** When it has another certificate. */
  renewed: Promise<void>;
  /** Its data folder. */
  folder: string;
}

interface TestNodeOptions {
  address?: string | ((told: string) => string);
  region?: string;
  /** Where it says that it listens. */
  probe?: NodeHello['probe'];
}

let folders = 0;

/** Enrols, and dials `address`, or what that makes of it, in place of where control says that it is. */
export async function testNode(
  t: Test,
  control: TestFleetControl,
  { address, region, probe }: TestNodeOptions = {},
): Promise<TestNode> {
  folders += 1;
  const folder = join(testFolder(t), `node-${folders}`);
  const token = await enrolmentToken(control);
  const controls = [control.fleet.address];
  const config = testConfig({ node: { token, controls, name: `node ${folders}` } });
  const credentials = await NodeCredentials.open(folder, config, { clock: systemClock });
  const node = new InProcessNode(createNode({ engine: new FakeEngine() })).client;
  t.teardown(() => node.close());
  const dial = dialWith('/node', () => credentials.current);
  let resolve = () => {};
  const renewed = new Promise<void>((settle) => {
    resolve = settle;
  });
  const agent = agentOf(t, node, {
    dial: (told, listener) =>
      dial(typeof address === 'function' ? address(told) : (address ?? told), listener),
    controls,
    ...(region === undefined ? {} : { region }),
    ...(probe === undefined ? {} : { probe }),
    certified: (certificate) => {
      credentials.renew(certificate);
      resolve();
    },
  });
  return { nodeId: credentials.nodeId, node, agent, credentials, renewed, folder };
}

interface TestAgentOptions {
  dial: ReturnType<typeof dialWith>;
  controls: readonly string[];
  certified?: (certificate: string) => void;
  region?: string;
  probe?: NodeHello['probe'];
}

export function agentOf(
  t: Test,
  node: LocalNode,
  { dial, controls, certified = () => {}, region = 'local', probe = null }: TestAgentOptions,
): NodeAgent {
  const agent = new NodeAgent({
    ...{ node, clock: systemClock, ids, log, dial, probe, random: Math.random },
    ...{ region, version: '0', controls, certified },
  });
  t.teardown(() => agent.stop());
  return agent;
}

export interface TestFleetRecorder {
  recorder: TestRecorder;
  agent: RecorderAgent;
  /** Its process ends, and another one begins with what it has on its disk. */
  restart(): void;
}

/** Enrols a recorder, which dials in. */
export async function testRecorder(
  t: Test,
  control: TestFleetControl,
  region = 'local',
): Promise<TestFleetRecorder> {
  folders += 1;
  const folder = join(testFolder(t), `recorder-${folders}`);
  const token = await enrolmentToken(control, 'recorder');
  const controls = [control.fleet.address];
  const config = testConfig({ node: { token, controls, name: `recorder ${folders}` } });
  const open = { clock: systemClock, role: 'recorder' } as const;
  const credentials = await NodeCredentials.open(folder, config, open);
  const recorder = new TestRecorder(credentials.nodeId, region);
  const begin = () =>
    new RecorderAgent({
      ...{ clock: systemClock, ids, log, probe: null, random: Math.random },
      ...{ recorder: localRecorder(recorder), region, version: '0', controls },
      dial: dialWith('/recorder', () => credentials.current),
      certified: (certificate) => credentials.renew(certificate),
    });
  const made = { recorder, agent: begin(), restart: () => {} };
  made.restart = () => {
    made.agent.stop();
    recorder.held.clear();
    made.agent = begin();
  };
  t.teardown(() => made.agent.stop());
  return made;
}
