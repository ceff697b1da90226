import type { Bus } from '../../control/src/bus/bus.js';
import type { Cause } from '../../control/src/cause.js';
import { ControlError } from '../../control/src/control-error.js';
import { ChatService, chatEffects } from '../../control/src/domains/chat/service.js';
import { defaultPolicy } from '../../control/src/domains/meetings/service.js';
import { ModerationService } from '../../control/src/domains/moderation/service.js';
import { markSeen, standings } from '../../control/src/domains/nodes/repository.js';
import {
  activeRoom,
  JournalWriter,
  noKeep,
  type Room,
  RoomsService,
  roomEffects,
} from '../../control/src/domains/rooms/service.js';
import {
  type PassedSocket,
  SignalingService,
} from '../../control/src/domains/signaling/service.js';
import { Controls } from '../../control/src/fleet/controls.js';
import { controlsTable } from '../../control/src/fleet/controls-table.js';
import type { OpenRoom, Owners } from '../../control/src/fleet/elsewhere.js';
import { NodeGate } from '../../control/src/fleet/node-gate.js';
import { unfitBecause } from '../../control/src/fleet/placement.js';
import { type HeldRoom, Registry } from '../../control/src/fleet/registry.js';
import { RoomOwners } from '../../control/src/fleet/room-owners.js';
import { Standings } from '../../control/src/fleet/standings.js';
import type { ControlMetrics } from '../../control/src/metrics.js';
import { SecurityLog } from '../../control/src/security-log.js';
import type { Database } from '../../control/src/store/database.js';
import { Effects } from '../../control/src/store/effects.js';
import { traceFrom } from '../../control/src/trace.js';
import { CheckedNodes } from './checked-nodes.js';
import { Door, type JoinRequest } from './door.js';
import type { Fleet } from './fleet.js';
import type { Host } from './host.js';
import { logOf } from './log.js';
import { SimDatabase } from './postgres.js';
import { SimBus } from './redis.js';
import { answer, ask } from './request.js';
import { type MoveRequest, RoomMoves } from './room-moves.js';
import type { SimSocket } from './socket.js';

/** Nothing asks them. */
const series = { inc() {}, dec() {}, observe() {}, startTimer: () => () => {} };
const all = { connections: series, messages: series, joins: series, acks: series };
const metrics = { ...all, firstFrame: series } as unknown as ControlMetrics;
const generous = { perSecond: 1000, burst: 1000 };
/** A supervisor's. */
const restartMs = 1000;
/** Of a planted mistake. */
const lateMs = 5000;

/** A control process: its services on a virtual machine. */
export class SimControl {
  rooms: RoomsService | null = null;
  controlId = '';
  /** Which server it takes for Redis' master. */
  redisMaster = 'redis-1';

  constructor(
    readonly host: Host,
    private readonly fleet: Fleet,
  ) {}

  start(): void {
    if (this.host.isUp) return;
    this.host.start();
    const process = new Process(this.host, this.fleet, () => this.redisMaster);
    this.rooms = process.rooms;
    this.controlId = process.controlId;
    process.open().catch((error) => {
      this.host.world.note(`${this.host.name} does not start: ${error}`);
      this.kill();
      this.host.world.at(restartMs, () => this.start());
    });
  }

  kill(): void {
    this.host.kill();
    this.rooms = null;
  }
}

/** One life of it; as `services.ts`, `fleet/fleet.ts` and `roles/control.ts` put it together. */
class Process {
  readonly controlId: string;
  readonly rooms: RoomsService;
  private readonly controls: Controls;
  private readonly nodes: CheckedNodes;
  private readonly standings: Standings;
  private readonly registry: Registry;
  private readonly owners: RoomOwners;
  private readonly signaling: SignalingService;
  private readonly holds = new Map<string, HeldRoom>();
  private readonly database: SimDatabase;
  private readonly bus: Bus;
  private isOpen = false;

  constructor(
    private readonly host: Host,
    private readonly fleet: Fleet,
    master: () => string,
  ) {
    const { clock, ids } = host;
    const { network, world } = fleet;
    const log = logOf(host);
    this.controlId = ids.next();
    this.database = new SimDatabase(network, host, this.controlId);
    this.bus = new SimBus(network, host, master).bus;
    const database = this.database as unknown as Database;
    this.nodes = new CheckedNodes({
      ...{ clock, log, random: world.random.next, region: this.region, reserves: [] },
      probe: ({ address }) => network.probe(host, address),
      isDrained: (nodeId) => this.standings.isDrained(nodeId),
      changed: () => {},
      isHeardThere: ({ nodeId, region }) =>
        region !== this.region &&
        this.controls.hasOtherRegions &&
        this.standings.isSeenByOthers(nodeId),
      fail: (reason) => world.fail(reason),
      found: (...node) => fleet.reasons.nodeFound(host, ...node),
      lost: (nodeId) => fleet.reasons.nodeLost(host, nodeId),
      isCutALoss: fleet.isPlanted('a cut is a loss'),
    });
    this.controls = new Controls({
      ...{ clock, log, table: controlsTable(this.database) },
      dial: network.dial(host, '/control'),
    });
    this.controls.onLost((controlId) => fleet.reasons.controlLost(host, controlId));
    this.owners = new RoomOwners({
      bus: this.bus,
      activeRoom: (meetingId) => activeRoom(this.database, meetingId),
      controlId: this.controlId,
      farHeirOf: (room) => this.controls.farHeirOf(room.meetingId, this.regionOf(room)),
      isAlive: (controlId) => this.isAlive(controlId),
      hasOthers: () => this.controls.others.length > 0,
      isHere: (meetingId) => this.isOpen && this.rooms.find(meetingId) !== undefined,
    });
    this.registry = new Registry({
      ...{ bus: this.bus, clock, log, rooms: () => this.holds.values() },
      nodes: () => this.spokenFor(),
    });
    this.standings = new Standings({
      clock,
      read: () => standings(this.database),
      wasRead: () => {},
      heard: () => this.heard(),
      areOthersFar: () => this.controls.hasOtherRegions,
      markSeen: (nodes, at) => markSeen(this.database, nodes, at),
      report: (err) => log.warn({ err }, 'standings cannot be read'),
      drained: (nodeId, until) => this.nodes.drain(nodeId, until),
      removed: (nodeId) => this.nodes.remove(nodeId),
    });
    const context = { clock, ids, log, database };
    this.rooms = new RoomsService({
      ...{ ...context, nodes: this.nodes, iceServers: [], owners: this.asOwners() },
      tokens: {
        verifyJoin: async (token) => JSON.parse(token),
        issueStandby: (subject) => ({ token: JSON.stringify(subject), expiresAt: clock.now() }),
        verifyStandby: async (token) => JSON.parse(token),
      },
      policyOf: async () => defaultPolicy,
      historyOf: (meetingId) => chat.history(meetingId),
      blocksOf: async () => [],
      onOpening: async () => {},
      avatarOf: async () => null,
      opening: () => [],
      writer: new JournalWriter(new Effects([...roomEffects, ...chatEffects])),
      keep: noKeep,
      onWritten: () => {},
      onMoved: () => {},
    });
    const chat = new ChatService(database, null as never);
    const moderation = new ModerationService({
      ...{ ...context, rooms: this.rooms, security: new SecurityLog(log, clock) },
      // A persistent one: there is nothing to write of the meeting itself.
      endMeeting: (room) => this.end(room),
    });
    this.signaling = new SignalingService({
      ...{ ...context, rooms: this.rooms, chat, moderation, metrics, random: world.random.next },
      tokens: { issueParticipant: () => ({ token: '', expiresAt: 0 }) } as never,
      limits: {
        ...{ messages: generous, chat: generous, subscriptions: generous },
        ...{ offers: generous, reactions: generous },
      },
      passSocket: (controlId, about) => this.passSocket(controlId, about),
      region: this.region,
    });
  }

  private get region(): string {
    return this.host.region ?? 'default';
  }

  /** @throws what it cannot begin without. */
  async open(): Promise<void> {
    const { host } = this;
    await this.standings.start();
    this.listen();
    this.isOpen = true;
    const own = { controlId: this.controlId, fleetAddress: host.name };
    await this.controls.enter({ ...own, origin: null, region: this.region });
    this.registry.start();
    await this.rooms.restore();
    host.world.note(`${host.name} is ready: ${this.controlId}`);
  }

  private listen(): void {
    const { host, rooms, controls } = this;
    const { network } = this.fleet;
    const log = logOf(host);
    const gate = new NodeGate({
      ...{ nodes: this.nodes, clock: host.clock, log, controlId: this.controlId },
      controls: () => controls.addresses,
      renew: async () => '',
    });
    network.listen(host, '/node', (socket, headers) => {
      void this.letIn(socket, `${headers.host}`, gate);
    });
    network.listen(host, '/control', (socket) => controls.accept(socket.socket));
    network.listen(host, '/socket', (socket, headers) =>
      this.signaling.take(socket.socket, JSON.parse(`${headers['x-plenum-about']}`)),
    );
    network.listen(host, '/client', (socket) => this.signaling.accept(socket.socket, nobody));
    const door = new Door({
      ...{ rooms, owners: this.owners, database: this.database, host },
      pass: (controlId, body) => this.pass(controlId, { path: '/join', body }),
    });
    answer<JoinRequest>(network, host, '/join', (request) => door.join(request));
    const moves = new RoomMoves({
      ...{ rooms, owners: this.owners, database: this.database, fleet: this.fleet },
      pass: (controlId, body) => this.pass(controlId, { path: '/move', body }),
    });
    answer<MoveRequest>(network, host, '/move', (request) => moves.move(request));
  }

  /** As the fleet's listener does: a socket is open when its node is known. */
  private async letIn(socket: SimSocket, nodeId: string, gate: NodeGate): Promise<void> {
    const early: unknown[] = [];
    const keep = (message: unknown) => early.push(message);
    socket.on('message', keep);
    const belongs = await this.standings.belongsHere(nodeId);
    socket.off('message', keep);
    if (!belongs) socket.terminate();
    if (socket.readyState !== socket.OPEN) return;
    gate.accept(socket.socket, nodeId);
    for (const message of early) socket.emit('message', message, false);
  }

  private end(room: Room): Promise<void> {
    const { meetingId } = room.key;
    if (this.fleet.isPlanted('told before it is over')) {
      for (const seat of room.seats.values()) seat.close('meeting_ended');
    }
    const late = this.fleet.isPlanted('an order for the next room');
    const ended = this.rooms.endHere(room, []);
    if (late)
      this.host.clock.after(lateMs, () => void this.rooms.end(meetingId, []).catch(() => {}));
    return ended;
  }

  private async isAlive(controlId: string): Promise<boolean> {
    const isPassedOver = this.fleet.isPlanted('who is cut off is gone');
    const isGone = isPassedOver && this.controls.isCut(controlId);
    const isAlive = !isGone && (await this.controls.isAlive(controlId));
    if (!isAlive) this.fleet.reasons.controlGone(this.host, controlId);
    return isAlive;
  }

  private regionOf({ nodeId }: OpenRoom): string | null {
    const isAnywhere = this.fleet.isPlanted('inherited behind a cut');
    return isAnywhere ? null : this.standings.regionOf(nodeId);
  }

  private asOwners(): Owners {
    return {
      controlId: this.controlId,
      answering: () => [],
      alternates: () => [],
      isAlive: (controlId) => this.isAlive(controlId),
      isHeirOf: (room) => this.controls.isHeirOf(room.meetingId, this.regionOf(room)),
      speaksFor: ({ nodeId, region }) => this.controls.isHeirOf(nodeId, region),
      holderOf: (room) => this.owners.holderOf(room),
      check: (meetingId) => this.owners.check(meetingId),
      held: (room) => {
        const held = { ...room, controlId: this.controlId };
        this.holds.set(room.meetingId, held);
        this.registry.put(held).catch(() => {});
      },
      dropped: (room) => {
        this.holds.delete(room.meetingId);
        this.registry.remove(room).catch(() => {});
      },
      onLost: (listener) => this.controls.onLost(listener),
    };
  }

  private pass<Answer>(
    controlId: string,
    request: { path: string; body: object },
  ): Promise<Answer | { code: string }> {
    const peer = this.controls.find(controlId);
    if (peer === null) return Promise.reject(new Error('the process is gone'));
    if (this.controls.isCut(controlId)) return Promise.resolve({ code: 'dependency_down' });
    return ask<Answer>(this.fleet.network, this.host, peer.fleetAddress, request);
  }

  private passSocket(controlId: string, about: PassedSocket) {
    if (this.controls.isCut(controlId)) {
      throw new ControlError('dependency_down', 'The way to the room is cut.');
    }
    const peer = this.controls.find(controlId);
    const headers = { 'x-plenum-about': JSON.stringify(about) };
    return peer && this.fleet.network.open(this.host, peer.fleetAddress, '/socket', headers).socket;
  }

  private *spokenFor() {
    for (const link of this.nodes.all) {
      const { nodeId, region, load } = link;
      if (!this.controls.isHeirOf(nodeId, region)) continue;
      yield { nodeId, entry: { region, load, unfit: unfitBecause(link) } };
    }
  }

  /** Of one region nobody asks. */
  private heard(): { nodeId: string; region: string }[] {
    if (!this.fleet.shape.hasTwoRegions) return [];
    return [...this.spokenFor()]
      .filter(({ entry }) => entry.unfit !== 'silent')
      .map(({ nodeId, entry: { region } }) => ({ nodeId, region }));
  }
}

const nobody: Cause = {
  ...{ by: null, ip: '192.0.2.1', requestId: null },
  trace: traceFrom('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'),
};
