import {
  type LocalNode,
  type NodeClient,
  NodeError,
  type NodeEvent,
  type PublicationDescription,
} from '../nodes/node-client.js';

type Method = Exclude<keyof NodeClient, 'onEvent' | 'stats' | 'close'>;

export interface RecordedCall {
  method: Method;
  argument: unknown;
}

/** A node that keeps what it was told, says what a test wants it to say, and fails on demand. */
export class RecordingNode implements LocalNode {
  readonly calls: RecordedCall[] = [];
  private readonly failures = new Map<Method, NodeError>();
  private held: Promise<void> | undefined;
  private listener: (event: NodeEvent) => void = () => {};

  failNext(method: Method, code: string): void {
    this.failures.set(method, new NodeError(code, 'as the test wants it'));
  }

  /** The next `resync` is not answered until the returned function is called. */
  holdResync(): () => void {
    let release = () => {};
    this.held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  say(event: NodeEvent): void {
    this.listener(structuredClone(event));
  }

  callsOf(method: Method): unknown[] {
    return this.calls.filter((call) => call.method === method).map((call) => call.argument);
  }

  private record(method: Method, argument: unknown): void {
    const failure = this.failures.get(method);
    this.failures.delete(method);
    if (failure !== undefined) throw failure;
    this.calls.push({ method, argument: structuredClone(argument) });
  }

  async openRoom(argument: unknown) {
    this.record('openRoom', argument);
    return {
      participantIds: [],
      servedIds: [],
      linkAddresses: [{ address: '127.0.0.1', port: 2 }],
      links: [],
    };
  }
  load() {
    return { stress: 0, isFull: false, rooms: 0, participants: 0, dropRatio: 0, lossRatio: 0 };
  }
  description() {
    return [];
  }
  async closeRoom(argument: unknown) {
    this.record('closeRoom', argument);
  }
  async checkCapacity(argument: unknown) {
    this.record('checkCapacity', argument);
  }
  async addParticipant(argument: unknown) {
    this.record('addParticipant', argument);
  }
  async connectEndpoint(argument: unknown) {
    this.record('connectEndpoint', argument);
    return { sdp: 'an answer' };
  }
  async patchEndpoint(argument: unknown) {
    this.record('patchEndpoint', argument);
    return { fragment: null };
  }
  async removeParticipant(argument: unknown) {
    this.record('removeParticipant', argument);
  }
  async publishOffer(offer: Parameters<NodeClient['publishOffer']>[0]) {
    this.record('publishOffer', offer);
    const publications = offer.tracks.map(({ cid, mid }) => ({
      cid,
      mid,
      publicationId: `publication of ${cid}`,
    }));
    return { sdp: 'an answer', publications };
  }
  async publishMute(argument: unknown) {
    this.record('publishMute', argument);
  }
  async publishRemove(argument: unknown) {
    this.record('publishRemove', argument);
  }
  async subscribeAnswer(argument: unknown) {
    this.record('subscribeAnswer', argument);
  }
  async subscribeRestart(argument: unknown) {
    this.record('subscribeRestart', argument);
  }
  async subscriptionSet(argument: unknown) {
    this.record('subscriptionSet', argument);
  }
  async candidate(argument: unknown) {
    this.record('candidate', argument);
  }
  async resync(argument: unknown) {
    this.record('resync', argument);
    await this.held;
  }
  async publications(argument: unknown): Promise<PublicationDescription[]> {
    this.record('publications', argument);
    return [];
  }
  async openLink(argument: unknown) {
    this.record('openLink', argument);
  }
  async closeLink(argument: unknown) {
    this.record('closeLink', argument);
  }
  async hearLink(argument: unknown) {
    this.record('hearLink', argument);
  }
  async repeatLink(argument: unknown) {
    this.record('repeatLink', argument);
  }
  onEvent(listener: (event: NodeEvent) => void): void {
    this.listener = listener;
  }
  async stats(): Promise<Record<string, number>> {
    return { plenum_node_rooms: 0 };
  }
  async close(): Promise<void> {}
}
