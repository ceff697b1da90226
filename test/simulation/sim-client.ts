import { closeCodes } from '../../control/src/schemas/errors.js';
import type { ServerMessage } from '../../control/src/schemas/server-messages.js';
import type { JoinAnswer, JoinRequest } from './door.js';
import type { Fleet } from './fleet.js';
import type { Host } from './host.js';
import { ask } from './request.js';
import type { SimSocket } from './socket.js';

interface Command {
  id: string;
  t: 'chat.send' | 'mod.mute_all' | 'mod.end';
  d: object;
  /** Who was there for certain when it was first sent. */
  others: string[];
}

/** Between tries; the product's client spreads them as well. */
const [soonMs, lateMs] = [50, 1000];
const pingMs = 2000;
/** Nothing was heard: it looks for another process. */
const silenceMs = 5000;
const commandEveryMs = 2500;
const offerAgainMs = 1000;
const meetAgainMs = 4000;

/** Somebody in a meeting: joins, resumes, follows, writes, and repeats what was not answered. */
export class SimClient {
  /** Of the seat that it has. */
  participantId: string | null = null;
  roomId = '';
  epoch = 0;
  control = '';
  isJoined = false;
  /** Under its present epoch. */
  isPublished = false;
  /** Times it was told to migrate. */
  moves = 0;
  /** It commands nothing more. */
  isQuiet = false;
  /** Times it had to come anew. */
  lives = 0;
  readonly pending: Command[] = [];
  private joinToken: string | null = null;
  private resumeToken: string | null = null;
  private seq = 0;
  private socket: SimSocket | null = null;
  private heardAt = 0;
  private saidHelloAt = 0;
  private commands = 0;
  private offers = 0;
  private mayChat = true;

  constructor(
    readonly host: Host,
    private readonly fleet: Fleet,
    readonly meetingId: string,
    readonly role: 'host' | 'participant',
  ) {
    host.start();
  }

  start(afterMs: number): void {
    this.later(afterMs, () => this.come());
    this.later(commandEveryMs, () => this.act());
    this.later(pingMs, () => this.ping());
  }

  /** Its network is another one. */
  cut(): void {
    this.socket?.terminate();
  }

  private come(): void {
    if (this.resumeToken !== null) this.hello({ resume: this.resumeOf(this.resumeToken) });
    else if (this.joinToken !== null) this.hello({ token: this.joinToken });
    else this.join();
  }

  private resumeOf(token: string) {
    return { token, last_seq: this.seq };
  }

  private join(): void {
    const { network } = this.fleet;
    const body: JoinRequest = { meetingId: this.meetingId, role: this.role };
    const address = this.fleet.doorFor(this.host.region);
    ask<JoinAnswer>(network, this.host, address, { path: '/join', body }).then(
      (given) => {
        if ('token' in given) {
          this.lives += 1;
          this.joinToken = given.token;
          this.participantId = given.participantId;
          this.seq = 0;
          this.come();
        } else {
          this.fleet.invariants.require(given.code !== 'internal', 'a join fails by itself');
          this.again();
        }
      },
      () => this.again(),
    );
  }

  private again(): void {
    this.later(this.fleet.world.random.between(soonMs, lateMs), () => this.come());
  }

  private hello(how: { token: string } | { resume: object }): void {
    const { network, world } = this.fleet;
    this.control = this.fleet.doorFor(this.host.region);
    const socket = network.open(this.host, this.control, '/client');
    this.socket = socket;
    this.heardAt = world.now;
    socket.on('error', () => {});
    socket.on('open', () => {
      this.saidHelloAt = world.now;
      const caps = { codecs: [], slots: { audio: 1, video: 4 } };
      const client = { name: 'simulation', version: '0', platform: '' };
      this.say('hello', { versions: [1], client, caps, ...how }, 'hello');
    });
    socket.on('message', (text: string) => {
      if (socket === this.socket) this.hear(JSON.parse(text) as ServerMessage);
    });
    socket.on('close', (code: number) => {
      if (socket !== this.socket) return;
      this.socket = null;
      this.isJoined = false;
      if (code === closeCodes.meeting_ended) this.sentAway();
      else this.again();
    });
  }

  private say(t: string, d: object, id?: string): void {
    const named = id === undefined ? {} : { id, ack: this.seq };
    this.socket?.send(JSON.stringify({ t, d, ...named }));
  }

  private hear(message: ServerMessage): void {
    this.heardAt = this.fleet.world.now;
    if (message.t === 'joined') this.joined(message);
    else if (message.seq !== undefined) this.numbered(message.seq);
    if (message.t === 'ping') this.say('pong', message.d);
    else if (message.t === 'migrate') this.migrate(message.d.epoch);
    else if (message.t === 'publish.answer') this.isPublished ||= message.d.epoch === this.epoch;
    else if (message.t === 'ok' && message.re !== undefined) this.done(message.re);
    else if (message.t === 'error') this.refused(message);
  }

  private numbered(seq: number): void {
    const { invariants } = this.fleet;
    invariants.require(seq === this.seq + 1, `${this.host.name} hears ${seq} after ${this.seq}`);
    this.seq = seq;
  }

  private joined({ seq, d }: Extract<ServerMessage, { t: 'joined' }>): void {
    const { endings, invariants, world } = this.fleet;
    const isSame = d.room_id === this.roomId;
    invariants.require(d.participant_id === this.participantId, 'somebody else was joined');
    invariants.require(!d.resumed || seq === this.seq, 'resumed where it was not');
    invariants.require(
      !isSame || d.epoch >= this.epoch,
      `${this.host.name} goes back from epoch ${this.epoch} to ${d.epoch}`,
    );
    this.resumeToken = d.resume_token;
    this.joinToken = null;
    this.seq = seq as number;
    this.roomId = d.room_id;
    this.epoch = d.epoch;
    this.isJoined = true;
    endings.welcomed(this, this.saidHelloAt);
    if (d.transports === 'new') this.isPublished = false;
    this.publish();
    world.note(`${this.host.name} is in ${d.room_id} at epoch ${d.epoch} by ${this.control}`);
    for (const command of this.pending) this.say(command.t, command.d, command.id);
  }

  private migrate(epoch: number): void {
    const { invariants, world } = this.fleet;
    invariants.require(epoch > this.epoch, `migrate to epoch ${epoch} after ${this.epoch}`);
    this.epoch = epoch;
    this.isPublished = false;
    this.moves += 1;
    this.later(world.random.between(50, 800), () => {
      this.publish();
      if (this.isJoined) this.say('migrate.done', { epoch }, `moved ${epoch}`);
    });
  }

  /** Until it is answered; where there is one region nothing would carry it anywhere. */
  private publish(): void {
    if (this.fleet.regions.length === 0 || !this.isJoined || this.isPublished) return;
    const { epoch } = this;
    this.offers += 1;
    const track = { mid: '0', cid: 'microphone', kind: 'audio', source: 'microphone' };
    const tracks = [{ ...track, muted: false }];
    this.say('publish.offer', { epoch, rev: 1, sdp: 'v=0', tracks }, `publish ${this.offers}`);
    this.later(offerAgainMs, () => {
      if (epoch === this.epoch) this.publish();
    });
  }

  private refused({ re, d }: Extract<ServerMessage, { t: 'error' }>): void {
    const { invariants, world } = this.fleet;
    world.note(`${this.host.name} is told ${d.code} of ${re}`);
    invariants.require(d.code !== 'internal', `${re} fails by itself`);
    if (re === 'hello') {
      const isOver = ['unauthenticated', 'stale_epoch'].includes(d.code);
      if (isOver && this.joinToken !== null) this.joinToken = null;
      else if (d.code === 'unauthenticated') this.comeAnew();
      return;
    }
    this.forget(re);
  }

  /** It is over: they meet anew, sooner or later. */
  private sentAway(): void {
    const { endings, world } = this.fleet;
    world.note(`${this.host.name} hears that ${this.roomId} is over`);
    endings.told(this);
    this.joinToken = null;
    this.comeAnew();
    this.later(world.random.between(soonMs, meetAgainMs), () => this.come());
  }

  /** The seat is gone, and it was told so. */
  private comeAnew(): void {
    this.resumeToken = null;
    this.participantId = null;
    this.pending.length = 0;
  }

  private forget(id: string | undefined): Command | undefined {
    const index = this.pending.findIndex((command) => command.id === id);
    return index < 0 ? undefined : this.pending.splice(index, 1)[0];
  }

  private done(id: string): void {
    const command = this.forget(id);
    if (command === undefined) return;
    const { invariants, endings, clients } = this.fleet;
    if (command.t === 'mod.end') endings.told(this);
    else if (command.t === 'chat.send') invariants.acknowledged(command.id);
    else {
      for (const one of clients) {
        const { participantId, roomId, isJoined } = one;
        if (participantId === null || !isJoined || roomId !== this.roomId) continue;
        if (command.others.includes(participantId)) invariants.muted(participantId);
      }
    }
  }

  private act(): void {
    const { random } = this.fleet.world;
    this.later(random.between(200, 2 * commandEveryMs), () => this.act());
    if (!this.isJoined || this.isQuiet || this.pending.length > 5) return;
    this.commands += 1;
    const id = `${this.host.name} ${this.lives} ${this.commands}`;
    const isMuting = this.role === 'host' && random.chance(0.2);
    if (isMuting)
      this.command({ id, t: 'mod.mute_all', d: { source: 'microphone', self_unmute: true } });
    else if (this.mayChat) this.command({ id, t: 'chat.send', d: { body: id } });
  }

  /** The meeting, for everybody. */
  end(): void {
    if (!this.isJoined) return;
    this.commands += 1;
    const id = `${this.host.name} ${this.lives} ${this.commands}`;
    this.fleet.endings.order(this.roomId);
    this.fleet.world.note(`${this.host.name} ends ${this.roomId}`);
    this.command({ id, t: 'mod.end', d: {} });
  }

  private command(command: Omit<Command, 'others'>): void {
    // Those of a newer epoch are with another process already.
    const others = this.fleet.clients
      .filter(({ role, isJoined }) => role !== 'host' && isJoined)
      .filter(({ roomId, epoch }) => roomId === this.roomId && epoch === this.epoch)
      .map(({ participantId }) => participantId as string);
    this.pending.push({ ...command, others });
    this.say(command.t, command.d, command.id);
  }

  private ping(): void {
    this.later(pingMs, () => this.ping());
    if (this.socket === null) return;
    if (this.fleet.world.now - this.heardAt > silenceMs) this.socket.terminate();
    else if (this.isJoined) this.say('ping', { ts: 0 });
  }

  private later(ms: number, task: () => void): void {
    this.fleet.world.at(ms, task, this.host);
  }
}
