import { roomKey } from '../../control/src/fleet/room-owners.js';
import { Invariants } from './invariants.js';
import { Network } from './network.js';
import type { Plant } from './plants.js';
import { Postgres } from './postgres.js';
import { Redis } from './redis.js';
import { SimClient } from './sim-client.js';
import { SimControl } from './sim-control.js';
import { SimNode } from './sim-node.js';
import type { Row } from './tables.js';
import type { World } from './world.js';

const meetingCount = 2;
const peoplePerMeeting = 3;
/** They come within this time. */
const arriveMs = 4000;

/** All there is: control processes, nodes, stores, people. */
export class Fleet {
  readonly network: Network;
  readonly invariants = new Invariants(this);
  readonly postgres: Postgres;
  /** The master first. */
  redis: readonly [Redis, Redis];
  readonly controls: SimControl[] = [];
  readonly nodes: SimNode[] = [];
  readonly clients: SimClient[] = [];
  readonly meetings: string[] = [];

  constructor(
    readonly world: World,
    private readonly plant: Plant | null,
  ) {
    const { random } = world;
    this.network = new Network(world);
    const server = world.host('postgres');
    const context = {
      isPlanted: (plant: Plant) => this.isPlanted(plant),
      now: () => new Date(server.clock.now()),
    };
    this.postgres = new Postgres(server, this.network, context, (owner, changes) =>
      this.invariants.committed(owner, changes),
    );
    const redis = (name: string) =>
      new Redis(world.host(name), this.network, (key, fence, before) =>
        this.invariants.redisWritten(key, fence, before),
      );
    this.redis = [redis('redis-1'), redis('redis-2')];
    const [controls, nodes] = [2 + random.below(2), 2 + random.below(2)];
    for (let number = 1; number <= controls; number++) {
      this.controls.push(new SimControl(world.host(`control-${number}`), this));
    }
    for (let number = 1; number <= nodes; number++) {
      this.nodes.push(new SimNode(world.host(`node-${number}`), this));
    }
  }

  isPlanted(plant: Plant): boolean {
    return this.plant === plant;
  }

  start(): void {
    const { world } = this;
    this.postgres.start();
    for (const redis of this.redis) redis.start();
    for (const node of this.nodes) {
      const row = { nodeId: node.nodeId, isDrained: false, drainUntil: null };
      this.postgres.change('nodes', node.nodeId, row);
      world.at(world.random.between(0, 300), () => node.start());
    }
    for (const control of this.controls) {
      world.at(world.random.between(0, 300), () => control.start());
    }
    const names = world.host('meetings').ids;
    for (let meeting = 0; meeting < meetingCount; meeting++) this.gather(names.next());
  }

  private gather(meetingId: string): void {
    const { world } = this;
    this.meetings.push(meetingId);
    for (let person = 0; person < peoplePerMeeting; person++) {
      const host = world.host(`client-${this.clients.length + 1}`);
      const client = new SimClient(host, this, meetingId, person === 0 ? 'host' : 'participant');
      this.clients.push(client);
      client.start(1000 + world.random.between(0, arriveMs));
    }
  }

  /** @returns which server is master from now on, without what was written last. */
  failOver(lostMs: number): string {
    const [former, next] = this.redis;
    next.follow(former, lostMs);
    this.redis = [next, former];
    return next.host.name;
  }

  /** After everything is well again for a while: all is as if nothing had been. */
  checkConverged(): void {
    for (const client of this.clients) {
      const { host, isJoined, pending, participantId } = client;
      this.invariants.require(isJoined, `${host.name} is not back (${participantId})`);
      this.invariants.require(pending.length === 0, `${host.name} waits for ${pending[0]?.id}`);
    }
    for (const meetingId of this.meetings) this.checkMeeting(meetingId);
  }

  private checkMeeting(meetingId: string): void {
    const { invariants, postgres, controls } = this;
    const open = [...postgres.tables.table('rooms').values()].filter(
      (row) => row.meetingId === meetingId && row.closedAt === null,
    );
    invariants.require(open.length === 1, `${meetingId} has ${open.length} open rooms`);
    const room = open[0] as Row;
    const owner = controls.find(({ controlId, host }) => host.isUp && controlId === room.controlId);
    invariants.require(owner?.rooms?.find(meetingId) !== undefined, `${room.roomId} is nobody's`);
    this.checkPeople(meetingId, room);
    this.checkNodes(room);
    const held = this.redis[0].find(roomKey(meetingId));
    const value = held === undefined ? {} : JSON.parse(held.value);
    const isRight = held?.fence.epoch === room.epoch && value.controlId === room.controlId;
    invariants.require(isRight, `the registry is wrong about ${room.roomId}: ${held?.value}`);
  }

  private checkPeople(meetingId: string, room: Row): void {
    const people = this.clients.filter((client) => client.meetingId === meetingId);
    for (const { host, roomId, epoch, participantId } of people) {
      const is = `${host.name} is in ${roomId} at ${epoch}, the room is ${room.roomId} at ${room.epoch}`;
      this.invariants.require(roomId === room.roomId && epoch === room.epoch, is);
      const home = this.nodes.find(({ nodeId }) => nodeId === room.nodeId);
      const isThere = home?.holds(roomId, participantId as string) ?? false;
      this.invariants.require(isThere, `${home?.host.name} forwards nothing to ${host.name}`);
    }
  }

  /** An older copy is closed, also where its node comes back; one that a move leaves, a while later. */
  private checkNodes({ roomId, epoch, nodeId, meetingId, controlId }: Row): void {
    const owner = this.controls.find((control) => control.controlId === controlId);
    const former = owner?.rooms?.find(`${meetingId}`)?.media.former?.placed.nodeId;
    for (const node of this.nodes) {
      for (const held of node.rooms) {
        if (held.roomId !== roomId || node.nodeId === former) continue;
        const is = `${node.host.name} has epoch ${held.epoch} of ${roomId}, which has ${epoch}`;
        this.invariants.require(node.nodeId === nodeId && held.epoch === epoch, is);
      }
    }
  }
}
