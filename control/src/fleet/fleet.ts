import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger } from 'fastify';
import type { WebSocket } from 'ws';
import type { Bus } from '../bus/bus.js';
import type { Clock } from '../clock.js';
import { type Config, hostInUrl } from '../config.js';
import { ControlError } from '../control-error.js';
import type { Ids } from '../ids.js';
import type { KeyRing } from '../keys/key-ring.js';
import { FleetRecorders } from '../recorders/fleet-recorders.js';
import { recorderUnfitBecause } from '../recorders/placing.js';
import type { RecorderLink } from '../recorders/recorder-link.js';
import { Authority, certificateLifeMs } from './authority.js';
import { Controls } from './controls.js';
import type { ControlsTable } from './controls-table.js';
import { dialWith } from './dial.js';
import type { OpenRoom, Owners } from './elsewhere.js';
import { newSecret, writeToken } from './enrolment.js';
import { type Newcomer, readEnrolment } from './enrolment-request.js';
import { FleetListener, type FleetListenerContext } from './fleet-listener.js';
import type { FleetMembersContext } from './fleet-members.js';
import { FleetNodes } from './fleet-nodes.js';
import { type Credentials, type MemberRole, makeKeyPair } from './identity.js';
import { answerKept, callKept, type KeptCopies } from './kept-requests.js';
import {
  type LiveNode,
  type NodeFleet,
  type NodePresence,
  participantsIn,
  type ToldNode,
} from './node-fleet.js';
import { NodeGate } from './node-gate.js';
import { NotReached } from './not-reached.js';
import {
  answerPassed,
  type PassedAnswer,
  type PassedRequest,
  passRequest,
  passSocket,
} from './passing-on.js';
import { unfitBecause } from './placement.js';
import { probePort } from './port-probe.js';
import { type HeldRoom, type NodeEntry, Registry } from './registry.js';
import { RoomOwners, type RoomOwnersContext } from './room-owners.js';
import { SecondCopy } from './second-copy.js';
import {
  type MemberKind,
  Standings,
  type StandingsContext,
  type WrittenNode,
} from './standings.js';

export interface FleetContext {
  config: Config;
  keys: KeyRing;
  clock: Clock;
  ids: Ids;
  log: FastifyBaseLogger;
  random: () => number;
  /** Who belongs to the fleet, as it is written. */
  readStandings: () => Promise<readonly WrittenNode[]>;
  /** These were heard of, so that it is known when of a node that is lost, and where they are. */
  markSeen: StandingsContext['markSeen'];
  controls: ControlsTable;
  /** Null: nobody shares it. */
  bus: Bus | null;
  activeRoom: RoomOwnersContext['activeRoom'];
}

/** What the rest of control does for the fleet. */
export interface FleetServices {
  enrol: (newcomer: Newcomer) => Promise<object>;
  isHere: (meetingId: string) => boolean;
  /** Answers a request that another process passes on. */
  serve: (passed: PassedRequest) => Promise<PassedAnswer>;
  /** Whoever has a socket at another process, and is somebody's in a room here. */
  seat: (socket: WebSocket, about: string) => void;
  /** Of what other processes keep. */
  copies: KeptCopies;
}

/** Half of it more or less: whoever is cut off does not come at one moment. */
const cutRetryMs = 1000;

/** Long before the certificate runs out, and never in a hurry. */
const renewMs = certificateLifeMs / 3;

/** The fleet as one control process sees it: media nodes that dial in. */
export class Fleet implements NodeFleet, Owners {
  readonly nodes: FleetNodes;
  readonly recorders: FleetRecorders;
  readonly controlId: string;
  readonly controls: Controls;
  /** Of what this process keeps while the database is away. */
  readonly second: SecondCopy;
  private readonly standings: Standings;
  private readonly rooms: RoomOwners;
  private isHere: FleetServices['isHere'] = () => false;
  private readonly registry: Registry | null;
  /** By meeting. */
  private readonly holds = new Map<string, HeldRoom>();
  private readonly publicKey: string;
  private listener: FleetListener | null = null;
  private cancelRenewal = () => {};
  private presenceChanged = () => {};
  private isOver = false;
  private port: number;

  private constructor(
    private readonly context: FleetContext,
    private readonly ca: Authority,
    private credentials: Credentials & { publicKey: string },
  ) {
    const { clock, log, config, random, ids } = context;
    this.controlId = ids.next();
    this.publicKey = credentials.publicKey;
    this.port = config.fleet.port;
    const members: FleetMembersContext = {
      clock,
      log,
      region: config.fleet.region,
      probe: probePort,
      isDrained: (nodeId) => this.standings.isDrained(nodeId),
      changed: () => this.presenceChanged(),
      isHeardThere: ({ nodeId, region }) =>
        region !== config.fleet.region &&
        this.controls.hasOtherRegions &&
        this.standings.isSeenByOthers(nodeId),
    };
    this.nodes = new FleetNodes({ ...members, random, reserves: config.fleet.reserves });
    this.recorders = new FleetRecorders({
      ...members,
      speaksFor: (recorder) => this.speaksFor(recorder),
      decidesFor: (recorderId) =>
        this.controls.isHeirOf(recorderId, this.standings.regionOf(recorderId)),
    });
    this.controls = new Controls({
      clock,
      log,
      table: context.controls,
      dial: dialWith('/control', () => this.credentials),
    });
    this.second = new SecondCopy({
      ...{ clock, log, others: () => this.controls.answering },
      present: () => this.controls.present,
      call: ({ fleetAddress: address }, call, body) =>
        callKept({ address, credentials: this.credentials }, call, body),
    });
    this.controls.onLost((controlId) => this.second.left(controlId));
    this.rooms = new RoomOwners({
      ...context,
      controlId: this.controlId,
      isAlive: (controlId) => this.controls.isAlive(controlId),
      farHeirOf: ({ meetingId, nodeId }) =>
        this.controls.farHeirOf(meetingId, this.standings.regionOf(nodeId)),
      hasOthers: () => this.controls.others.length > 0,
      isHere: (meetingId) => this.isHere(meetingId),
    });
    this.registry =
      context.bus &&
      new Registry({
        ...{ bus: context.bus, clock, log },
        rooms: () => this.holds.values(),
        nodes: () => this.spokenFor(),
      });
    this.standings = new Standings({
      clock,
      read: context.readStandings,
      wasRead: () => this.presenceChanged(),
      heard: () => this.heard(),
      areOthersFar: () => this.controls.hasOtherRegions,
      markSeen: context.markSeen,
      report: (err) => log.warn({ err }, 'who belongs to the fleet cannot be read'),
      drained: (nodeId, until) => this.membersOf(nodeId).drain(nodeId, until),
      removed: (nodeId) => {
        this.nodes.remove(nodeId);
        this.recorders.remove(nodeId);
      },
    });
  }

  check(meetingId: string): Promise<void> {
    return this.rooms.check(meetingId);
  }

  static async open(context: FleetContext): Promise<Fleet> {
    const ca = await Authority.open(context.keys, context.clock);
    const { key, publicKey } = makeKeyPair();
    const credentials = { key, publicKey, certificate: '', authority: ca.certificate };
    return new Fleet(context, ca, credentials);
  }

  /** From now on nodes may dial in. */
  async listen(services: FleetServices): Promise<void> {
    const { config, clock, log } = this.context;
    await this.standings.start();
    await this.certifySelf();
    const gating = {
      ...{ clock, log, controlId: this.controlId },
      controls: () => this.controls.addresses,
    };
    const gate = new NodeGate({
      ...{ ...gating, nodes: this.nodes },
      renew: (nodeId, publicKey) => this.certify(nodeId, publicKey, 'node'),
    });
    const recorderGate = new NodeGate({
      ...{ ...gating, nodes: this.recorders },
      renew: (recorderId, publicKey) => this.certify(recorderId, publicKey, 'recorder'),
    });
    this.listener = new FleetListener({
      credentials: this.credentials,
      log,
      isWelcome: async ({ role, id }) => role === 'control' || this.standings.belongsHere(id),
      sockets: {
        '/node': { role: 'node', accept: (socket, id) => gate.accept(socket, id) },
        '/recorder': { role: 'recorder', accept: (socket, id) => recorderGate.accept(socket, id) },
        '/control': { role: 'control', accept: (socket) => this.controls.accept(socket) },
        '/socket': {
          role: 'control',
          accept: (socket, _, { headers }) => services.seat(socket, `${headers['x-plenum-about']}`),
        },
      },
      requests: {
        '/enrol': { role: null, handle: (request, reply) => answerEnrol(request, reply, services) },
        '/request': {
          role: 'control',
          handle: (request, reply) => answerPassed(request, reply, services.serve),
        },
        ...keptRoutes({ copies: services.copies, clock }),
      },
    });
    this.isHere = services.isHere;
    this.port = await this.listener.listen(config.fleet.host, config.fleet.port);
    await this.controls.enter({
      controlId: this.controlId,
      fleetAddress: this.address,
      origin: config.http.origin,
      region: config.fleet.region,
    });
    this.registry?.start();
    this.scheduleRenewal();
  }

  /** Where others reach this process: `host:port`. */
  get address(): string {
    const { advertise, host } = this.context.config.fleet;
    return advertise ?? `${hostInUrl(host)}:${this.port}`;
  }

  get authority(): string {
    return this.ca.certificate;
  }

  isAlive(controlId: string): Promise<boolean> {
    return this.controls.isAlive(controlId);
  }

  isHeirOf({ meetingId, nodeId }: OpenRoom): boolean {
    return this.controls.isHeirOf(meetingId, this.standings.regionOf(nodeId));
  }

  holderOf(room: OpenRoom & { controlId: string | null }): Promise<string | null> {
    return this.rooms.holderOf(room);
  }

  speaksFor({ nodeId, region }: { nodeId: string; region: string }): boolean {
    return this.controls.isHeirOf(nodeId, region);
  }

  onLost(listener: (controlId: string) => void): void {
    this.controls.onLost(listener);
  }

  answering(): string[] {
    return this.controls.answering.map(({ controlId }) => controlId);
  }

  alternates(): { origin: string; region: string }[] {
    const own = this.context.config.http.origin;
    const others = this.controls.others.flatMap(({ origin, region }) =>
      origin === null || origin === own ? [] : [{ origin, region }],
    );
    return [...new Map(others.map((one) => [one.origin, one])).values()];
  }

  held(room: Omit<HeldRoom, 'controlId'>): void {
    const held = { ...room, controlId: this.controlId };
    this.holds.set(room.meetingId, held);
    this.registry?.put(held).catch(() => {}); // written again soon
  }

  dropped(room: { meetingId: string; roomId: string; epoch: number }): void {
    this.holds.delete(room.meetingId);
    this.registry?.remove(room).catch(() => {}); // it runs out
  }

  /** @throws NotReached; ControlError `dependency_down`: it lives, and the way there is cut. */
  async pass(controlId: string, request: PassedRequest): Promise<PassedAnswer> {
    const peer = this.controls.find(controlId);
    if (peer === null) throw new NotReached('the process is gone');
    this.refuseCut(controlId);
    const { http, fleet } = this.context.config;
    const reached = { origin: http.origin, region: fleet.region };
    return passRequest(peer.fleetAddress, this.credentials, { ...request, reached });
  }

  /** Null: the process is gone. @throws ControlError `dependency_down`: the way there is cut. */
  passSocket(controlId: string, about: string): WebSocket | null {
    this.refuseCut(controlId);
    const peer = this.controls.find(controlId);
    return peer && passSocket(peer.fleetAddress, this.credentials, about);
  }

  /** At once, and not when patience ends: whoever asks again is let through with the first try that gets there. */
  private refuseCut(controlId: string): void {
    if (!this.controls.isCut(controlId)) return;
    const retryAfterMs = Math.round(cutRetryMs * (0.5 + this.context.random()));
    throw new ControlError('dependency_down', 'The way to the room is cut.', { retryAfterMs });
  }

  get cutOff(): number {
    return [...this.nodes.all, ...this.recorders.all].filter(({ isCut }) => isCut).length;
  }

  /** From now on others take the rooms of this process. */
  leave(): void {
    this.controls.leave();
  }

  newEnrolmentToken(): { secret: string; token: string } {
    const secret = newSecret();
    return { secret, token: writeToken({ secret, fingerprint: this.ca.fingerprint }) };
  }

  async certify(nodeId: string, publicKey: string, role: MemberRole): Promise<string> {
    try {
      return await this.ca.issue({ role, id: nodeId }, publicKey);
    } catch {
      throw new ControlError('bad_request', 'public_key is no Ed25519 key in PEM.');
    }
  }

  belongs(nodeId: string, kind: MemberKind): void {
    this.standings.belongs(nodeId, kind);
  }

  live(nodeId: string): LiveNode | null {
    const recorder = this.recorders.link(nodeId);
    if (recorder !== null) return liveRecorder(recorder);
    const link = this.nodes.link(nodeId);
    if (link === null) return null;
    const { load, version, silentMs, rooms } = link;
    return {
      ...{ load, version, silentMs },
      ...{ unfit: unfitBecause(link), participants: participantsIn(rooms) },
    };
  }

  presenceOf(node: { nodeId: string; region: string }): NodePresence | null {
    if (this.isOver || !this.speaksFor(node)) return null;
    return this.membersOf(node.nodeId).presenceOf(node.nodeId);
  }

  get toldNodes(): readonly ToldNode[] {
    return this.standings.written;
  }

  onPresence(listener: () => void): void {
    this.presenceChanged = listener;
  }

  addressOf(controlId: string): string | null {
    if (controlId === this.controlId) return this.address;
    return this.controls.find(controlId)?.fleetAddress ?? null;
  }

  setDrained(nodeId: string, until: Date | null): void {
    this.standings.setDrained(nodeId, until);
  }

  remove(nodeId: string): void {
    this.standings.remove(nodeId);
  }

  /** As if the process had ended: nobody is told, nothing is written. For tests. */
  async crash(): Promise<void> {
    this.isOver = true;
    this.cancelRenewal();
    this.registry?.stop();
    this.standings.stop();
    this.controls.vanish();
    this.recorders.stop();
    this.nodes.stop();
    await this.listener?.close();
  }

  async close(): Promise<void> {
    this.isOver = true;
    this.cancelRenewal();
    this.registry?.stop();
    this.standings.stop();
    await this.controls.stop();
    this.recorders.stop();
    this.nodes.stop();
    await this.listener?.close();
  }

  /** Those among which this one is, whether or not it can be reached. */
  private membersOf(nodeId: string): FleetNodes | FleetRecorders {
    return this.standings.kindOf(nodeId) === 'recorder' ? this.recorders : this.nodes;
  }

  private heard(): { nodeId: string; region: string }[] {
    const nodes = [...this.spokenFor()]
      .filter(({ entry }) => entry.unfit !== 'silent')
      .map(({ nodeId, entry: { region } }) => ({ nodeId, region }));
    const recorders = this.recorders.all
      .filter((link) => this.speaksFor(link) && recorderUnfitBecause(link) !== 'silent')
      .map(({ nodeId, region }) => ({ nodeId, region }));
    return [...nodes, ...recorders];
  }

  /** Each node is written by one of the processes that hear of it. */
  private *spokenFor(): Iterable<{ nodeId: string; entry: NodeEntry }> {
    for (const link of this.nodes.all) {
      const { nodeId, region, load } = link;
      if (!this.speaksFor(link)) continue;
      yield { nodeId, entry: { region, load, unfit: unfitBecause(link) } };
    }
  }

  private async certifySelf(): Promise<void> {
    const identity = { role: 'control', id: this.controlId } as const;
    const certificate = await this.ca.issue(identity, this.publicKey);
    this.credentials = { ...this.credentials, certificate };
    this.listener?.renew(this.credentials);
  }

  private scheduleRenewal(): void {
    const { clock, log } = this.context;
    this.cancelRenewal = clock.after(Math.min(renewMs, longestTimerMs), () => {
      this.certifySelf()
        .catch((err) => log.error({ err }, 'no certificate for this process'))
        .finally(() => this.scheduleRenewal());
    });
  }
}

function liveRecorder(link: RecorderLink): LiveNode {
  const { version, silentMs, load } = link;
  return {
    ...{ version, silentMs, unfit: recorderUnfitBecause(link), participants: new Map() },
    load: {
      ...{ stress: load.stress, isFull: load.isFull, rooms: load.recordings },
      ...{ participants: 0, dropRatio: 0, lossRatio: 0 },
    },
  };
}

function keptRoutes(kept: { copies: KeptCopies; clock: Clock }): FleetListenerContext['requests'] {
  const route = {
    role: 'control',
    handle: (request: IncomingMessage, reply: ServerResponse) => answerKept(request, reply, kept),
  } as const;
  return { '/kept': route, '/kept/clear': route, '/kept/settle': route };
}

/** Of Node's timers; more would be none at all. */
const longestTimerMs = 2 ** 31 - 1;

async function answerEnrol(
  request: IncomingMessage,
  reply: ServerResponse,
  services: FleetServices,
): Promise<void> {
  try {
    const enrolled = await services.enrol(await readEnrolment(request));
    reply.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(enrolled));
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    reply.writeHead(error.code === 'unauthenticated' ? 401 : 400).end(error.message);
  }
}
