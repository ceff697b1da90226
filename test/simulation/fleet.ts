import { Admin } from './admin.js';
import { Endings } from './endings.js';
import type { Host } from './host.js';
import { Invariants } from './invariants.js';
import { Network } from './network.js';
import type { Plant } from './plants.js';
import { Postgres } from './postgres.js';
import { Reasons } from './reasons.js';
import { Redis } from './redis.js';
import type { Shape } from './shape.js';
import { SimClient } from './sim-client.js';
import { SimControl } from './sim-control.js';
import { SimNode } from './sim-node.js';
import type { World } from './world.js';

const meetingCount = 2;
const peoplePerMeeting = 3;
/** They come within this time. */
const arriveMs = 4000;

/** All there is: control processes, nodes, stores, people. */
export class Fleet {
  readonly network: Network;
  readonly invariants = new Invariants(this);
  readonly reasons = new Reasons(this);
  readonly endings = new Endings(this);
  readonly admin: Admin;
  readonly postgres: Postgres;
  /** The master first. */
  redis: readonly [Redis, Redis];
  readonly controls: SimControl[] = [];
  readonly nodes: SimNode[] = [];
  readonly clients: SimClient[] = [];
  readonly meetings: string[] = [];
  /** Empty: there is one only. */
  readonly regions: readonly string[];

  constructor(
    readonly world: World,
    readonly shape: Shape,
    private readonly plant: Plant | null,
  ) {
    const { random } = world;
    this.regions = shape.hasTwoRegions ? ['north', 'south'] : [];
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
    this.admin = new Admin(world.host('admin'), this);
    // With two regions one of them has two nodes, or each.
    const [controls, nodes] = [
      shape.diesBehindCut ? 3 : 2 + random.below(2),
      (shape.hasTwoRegions ? 3 : 2) + random.below(2),
    ];
    for (let number = 1; number <= controls; number++) {
      this.controls.push(new SimControl(this.host('control', number), this));
    }
    for (let number = 1; number <= nodes; number++) {
      this.nodes.push(new SimNode(this.host('node', number), this));
    }
  }

  /** In one region and the other, in turn. */
  private host(kind: string, number: number): Host {
    const region = this.regions[number % this.regions.length] ?? null;
    return this.world.host(`${kind}-${number}`, region);
  }

  /** Where somebody of that region knocks: mostly near to them. */
  doorFor(region: string | null): string {
    const { random } = this.world;
    const near = this.controls.filter(({ host }) => host.region === region);
    const isNear = region !== null && random.chance(0.9);
    return random.pick(isNear ? near : this.controls).host.name;
  }

  isPlanted(plant: Plant): boolean {
    return this.plant === plant;
  }

  start(): void {
    const { world } = this;
    this.postgres.start();
    for (const redis of this.redis) redis.start();
    for (const node of this.nodes) {
      const unseen = { drainUntil: null, lastSeenAt: new Date(0) };
      const { nodeId, region } = node;
      const row = { nodeId, region, isDrained: false, ...unseen };
      this.postgres.change('nodes', node.nodeId, row);
      world.at(world.random.between(0, 300), () => node.start());
    }
    for (const control of this.controls) {
      world.at(world.random.between(0, 300), () => control.start());
    }
    this.endings.watch();
    const names = world.host('meetings').ids;
    for (let meeting = 0; meeting < meetingCount; meeting++) this.gather(names.next());
  }

  private gather(meetingId: string): void {
    const { world } = this;
    this.meetings.push(meetingId);
    for (let person = 0; person < peoplePerMeeting; person++) {
      const host = this.host('client', this.clients.length + 1);
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
}
