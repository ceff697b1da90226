import type { Clock } from '../clock.js';
import { NodeError } from '../nodes/node-client.js';
import { CallError, Calls } from '../rpc/calls.js';
import { Session, type Wire } from '../rpc/session.js';
import type { Beat, Hello, MemberMessage } from './node-messages.js';

/** A call that is not answered by then has failed; who lives answers within milliseconds. */
const deadlineMs = 5000;

export interface MemberLinkListener<Event> {
  event: (event: Event) => void;
  /** The session is of no use any more: what the other side has is not known. */
  broken: (reason: string) => void;
}

/** One incarnation of a media node, or of a recorder, as this control process is in contact with it. */
export class MemberLink<Load, Held, Event> {
  readonly incarnation: string;
  readonly sessionId: string;
  readonly region: string;
  readonly version: string;
  /** Where it says that it listens. */
  readonly probe: Hello<Load, Held>['probe'];
  /** It was reached there while it lived: when that is refused, its process has ended. */
  isProvable = false;
  load: Load;
  /** All that it has, as it said last. */
  rooms: Held;
  isLeaving: boolean;
  /** Set by an operator. */
  isDrained = false;
  /** Nothing comes from there, and it lives. */
  isCut = false;
  /** Was given to it since it said how busy it is. */
  promised = 0;
  /** It is asked whether it lives: once at a time, however many people hear nothing. */
  isProbed = false;
  heardAt: number;
  private readonly session: Session;
  private readonly calls: Calls;
  private ended = false;

  constructor(
    readonly nodeId: string,
    hello: Hello<Load, Held>,
    private readonly clock: Clock,
    listener: MemberLinkListener<Event>,
  ) {
    this.incarnation = hello.incarnation;
    this.sessionId = hello.session.id;
    this.region = hello.region;
    this.version = hello.version;
    this.probe = hello.probe;
    this.load = hello.load;
    this.rooms = hello.rooms;
    this.isLeaving = hello.isLeaving;
    this.heardAt = clock.monotonic();
    this.session = new Session({
      message: (message) => this.handle(message as MemberMessage<Event>, listener),
      broken: (reason) => this.end(() => listener.broken(reason)),
    });
    this.calls = new Calls({
      clock,
      post: (message) => this.session.post(message),
      serve: async (method) => {
        throw new CallError('bad_request', `Control answers no ${method}.`);
      },
    });
  }

  get isConnected(): boolean {
    return this.session.isConnected;
  }

  get received(): number {
    return this.session.received;
  }

  get isDraining(): boolean {
    return this.isLeaving || this.isDrained;
  }

  get silentMs(): number {
    return this.clock.monotonic() - this.heardAt;
  }

  /** Its hello has come. */
  attach(wire: Wire, receivedByNode: number): boolean {
    this.heard();
    return this.session.attach(wire, receivedByNode);
  }

  detach(wire: Wire): void {
    this.session.detach(wire);
  }

  /** A frame of the session. @throws Error when it is none. */
  take(text: string): void {
    this.heard();
    this.session.handle(text);
  }

  hear({ load, rooms, isLeaving }: Beat<Load, Held>): void {
    this.heard();
    this.load = load;
    this.promised = 0;
    this.isLeaving = isLeaving;
    if (rooms !== undefined) this.rooms = rooms;
    this.session.tellTaken();
  }

  /** Rejects when there is no answer in time. */
  async ping(withinMs: number): Promise<void> {
    await this.calls.call('ping', null, withinMs);
  }

  /** Of no use any more: calls that wait fail. */
  end(told: () => void = () => {}): void {
    if (this.ended) return;
    this.ended = true;
    this.session.break('the node is lost');
    this.calls.end();
    told();
  }

  private heard(): void {
    this.heardAt = this.clock.monotonic();
  }

  protected async call(method: string, argument: unknown): Promise<unknown> {
    if (this.ended) throw new NodeError('node_lost', 'The node is lost.');
    try {
      return await this.calls.call(method, argument, deadlineMs);
    } catch (error) {
      if (error instanceof CallError) throw new NodeError(error.code, error.message);
      throw error;
    }
  }

  private handle(message: MemberMessage<Event>, listener: MemberLinkListener<Event>): void {
    if (message.t === 'event') listener.event(message.event);
    else this.calls.handle(message);
  }
}
