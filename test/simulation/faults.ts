import type { Fleet } from './fleet.js';
import type { Host } from './host.js';
import type { SimControl } from './sim-control.js';
import type { SimNode } from './sim-node.js';

/** What may happen, and how often beside the others. */
const weights = {
  crashControl: 4,
  pauseControl: 5,
  crashNode: 4,
  pauseNode: 4,
  leaveNode: 1,
  silence: 8,
  cut: 6,
  cutAround: 4,
  slow: 3,
  cutClient: 6,
  stepClock: 2,
  crashPostgres: 2,
  flushRedis: 1,
  crashRedis: 1,
  failOver: 2,
  drain: 2,
  fill: 1,
  move: 1,
  moveTo: 4,
  endMeeting: 4,
};
/** Beside these, of two regions. */
const cutWeight = 8;

/** Of cuts around a process: within this time, each with a silence of this length at most. */
const [aroundMs, shortMs] = [3000, 400];

/** From an order to what happens meanwhile. */
const momentMs = 20;

const hourMs = 3_600_000;
/** Acknowledged writes that a failover of Redis may lose. */
const lostWritesMs = 3000;

/** Everything that goes wrong, drawn from the seed; each fault ends by itself, or with all others. */
export class Faults {
  private readonly healing = new Set<() => void>();
  private isOver = false;

  constructor(private readonly fleet: Fleet) {}

  /** From now on, one each `everyMs` in the mean. */
  begin(everyMs: number): void {
    const { world } = this.fleet;
    world.at(world.random.between(0, 2 * everyMs), () => {
      if (this.isOver) return;
      const cutRegions = this.fleet.shape.hasTwoRegions ? cutWeight : 0;
      const fault = world.random.weighted({ ...weights, cutRegions });
      this[fault]();
      this.begin(everyMs);
    });
  }

  /** Everything is well from now on. */
  end(): void {
    this.isOver = true;
    for (const heal of this.healing) heal();
    this.fleet.world.note('all is well again');
  }

  private for(fromMs: number, toMs: number, end: () => void): void {
    const { world } = this.fleet;
    const heal = () => {
      if (this.healing.delete(heal)) end();
    };
    this.healing.add(heal);
    world.at(world.random.between(fromMs, toMs), heal);
  }

  private pick<Item>(items: readonly Item[]): Item {
    return this.fleet.world.random.pick(items);
  }

  private crashControl(): void {
    this.killControl(this.pick(this.fleet.controls));
  }

  private killControl(control: SimControl): void {
    control.kill();
    this.for(20, 6000, () => control.start());
  }

  private pauseControl(): void {
    const { host } = this.pick(this.fleet.controls);
    host.pause();
    this.for(100, 12_000, () => host.resume());
  }

  private crashNode(): void {
    this.killNode(this.pick(this.fleet.nodes));
  }

  private killNode(node: SimNode): void {
    node.kill();
    this.for(20, 8000, () => {
      if (!node.host.isUp) node.start();
    });
  }

  private pauseNode(): void {
    const { host } = this.pick(this.fleet.nodes);
    host.pause();
    this.for(100, 12_000, () => host.resume());
  }

  /** Its service is stopped, and started again. */
  private leaveNode(): void {
    const { nodes, reasons } = this.fleet;
    const node = this.pick(nodes);
    node.leave();
    reasons.drained(node.nodeId);
    this.for(500, 8000, () => {
      node.kill();
      node.start();
      reasons.undrained(node.nodeId);
    });
  }

  /** One way or both. */
  private silence(): void {
    const { network, world } = this.fleet;
    const [one, other] = this.path();
    const isBoth = world.random.chance(0.6);
    network.silence(one, other);
    if (isBoth) network.silence(other, one);
    this.for(200, 10_000, () => {
      network.restore(one, other);
      if (isBoth) network.restore(other, one);
    });
  }

  /** As a whole, both ways; once at a time. */
  private cutRegions(): void {
    const { network } = this.fleet;
    if (network.areRegionsCut) return;
    network.cutRegions();
    if (this.fleet.shape.diesBehindCut) this.dieBehindCut();
    else this.for(500, 15_000, () => network.healRegions());
  }

  /** When the cut is known everywhere; the way is back after others have taken what was there. */
  private dieBehindCut(): void {
    const { controls, network, world } = this.fleet;
    const { host } = controls[0] as SimControl;
    const near = controls.filter((one) => one.host.region === host.region);
    world.at(world.random.between(4000, 8000), () => {
      if (!this.isOver) this.killControl(this.pick(near));
    });
    this.for(14_000, 20_000, () => network.healRegions());
  }

  private cut(): void {
    this.fleet.network.cut(...this.path());
  }

  /**
   * Everything that a process is connected to, once or a few times, in turn with a silence that is too
   * short for anybody to be lost.
   */
  private cutAround(): void {
    const { controls, nodes, redis, postgres, network, world } = this.fleet;
    const all = [...controls, ...nodes, ...redis, postgres].map(({ host }) => host);
    const one = this.pick(all);
    const others = all.filter((other) => other !== one && world.random.chance(0.7));
    const times = 1 + world.random.below(4);
    for (let time = 0; time < times; time++) {
      world.at(world.random.between(0, aroundMs), () => {
        if (this.isOver) return;
        for (const other of others) network.cut(one, other);
        const silent = this.pick(all.filter((other) => other !== one));
        network.silence(silent, one);
        this.for(10, shortMs, () => network.restore(silent, one));
      });
    }
  }

  private slow(): void {
    const end = this.fleet.network.slowDown(...this.path());
    this.for(500, 6000, end);
  }

  private cutClient(): void {
    this.pick(this.fleet.clients).cut();
  }

  private stepClock(): void {
    const { world, controls } = this.fleet;
    const { host } = this.pick(controls);
    host.wallOffsetMs += world.random.between(-hourMs, hourMs);
    world.note(`${host.name} has another time`);
    this.for(1000, 20_000, () => {
      host.wallOffsetMs = 0;
    });
  }

  private crashPostgres(): void {
    const { postgres } = this.fleet;
    postgres.host.kill();
    this.for(300, 7000, () => {
      if (!postgres.host.isUp) postgres.start();
    });
  }

  private flushRedis(): void {
    for (const redis of this.fleet.redis) redis.flush();
  }

  private crashRedis(): void {
    const redis = this.pick(this.fleet.redis);
    redis.host.kill();
    this.for(300, 6000, () => {
      if (redis.host.isUp) return;
      redis.flush();
      redis.start();
    });
  }

  /** The replica becomes master, without the newest writes; some go on with the former one for a while. */
  private failOver(): void {
    const { world, controls } = this.fleet;
    const next = this.fleet.failOver(world.random.between(0, lostWritesMs));
    world.note(`${next} is master`);
    for (const control of controls) {
      const learn = () => {
        control.redisMaster = this.fleet.redis[0].host.name;
      };
      if (world.random.chance(0.5)) learn();
      else this.for(100, 8000, learn);
    }
  }

  private drain(): void {
    const { postgres, nodes, reasons } = this.fleet;
    const { nodeId, host } = this.pick(nodes);
    reasons.drained(nodeId);
    const until = new Date(host.clock.now() + 60_000);
    host.world.note(`${host.name} is drained`);
    const drained = { isDrained: true, drainUntil: until };
    postgres.change('nodes', nodeId, { ...postgres.tables.table('nodes').get(nodeId), ...drained });
    this.for(500, 9000, () => {
      const row = postgres.tables.table('nodes').get(nodeId);
      postgres.change('nodes', nodeId, { ...row, isDrained: false, drainUntil: null });
      reasons.undrained(nodeId);
    });
  }

  private fill(): void {
    const { media } = this.pick(this.fleet.nodes);
    media.isFull = true;
    this.for(500, 9000, () => {
      media.isFull = false;
    });
  }

  /** To wherever placement says. */
  private move(): void {
    const { admin, meetings } = this.fleet;
    admin.move(this.pick(meetings), null);
  }

  /** Also to the node where it is, and to one that dies meanwhile. */
  private moveTo(): void {
    const { admin, meetings, nodes, world } = this.fleet;
    const node = this.pick(nodes);
    admin.move(this.pick(meetings), node.nodeId);
    if (!world.random.chance(0.3)) return;
    world.at(world.random.between(0, 60), () => {
      if (!this.isOver) this.killNode(node);
    });
  }

  /** A host does, who may be cut off, while its room moves, or while the process that has it dies. */
  private endMeeting(): void {
    const { admin, clients, controls, network, world } = this.fleet;
    const host = this.pick(clients.filter(({ role }) => role === 'host'));
    const owner = controls.find(({ rooms }) => rooms?.find(host.meetingId) !== undefined);
    const also = world.random.weighted({ nothing: 2, move: 1, die: 1, cut: 1, silence: 1 });
    if (also === 'move') admin.move(host.meetingId, this.pick(this.fleet.nodes).nodeId);
    world.at(world.random.between(0, momentMs), () => host.end());
    world.at(world.random.between(0, momentMs), () => {
      if (this.isOver || owner === undefined) return;
      if (also === 'die') this.killControl(owner);
      if (also === 'cut') host.cut();
      if (also !== 'silence') return;
      network.silence(owner.host, host.host);
      this.for(200, 6000, () => network.restore(owner.host, host.host));
    });
  }

  private path(): [Host, Host] {
    const { controls, nodes, clients, postgres, redis } = this.fleet;
    const control = this.pick(controls).host;
    const others = [
      ...controls.map(({ host }) => host).filter((host) => host !== control),
      ...nodes.map(({ host }) => host),
      this.pick(clients).host,
      postgres.host,
      this.pick(redis).host,
    ];
    const other = this.pick(others);
    return this.fleet.world.random.chance(0.5) ? [control, other] : [other, control];
  }
}
