import type {
  RecorderLoad,
  RecordingOrder,
  RecordingStatus,
  RoomFact,
} from '../../../recorder/src/index.js';
import { type HeldRoom, NodeError, type RoomRef } from '../nodes/node-client.js';
import {
  type LocalRecorder,
  type RecorderClient,
  type RecorderEvent,
  type RecorderMethod,
  recorderMethods,
} from '../recorders/recorder-client.js';
import type { PlacedRecorder, Recorders, RecordersListener } from '../recorders/recorders.js';

export const idleLoad: RecorderLoad = {
  ...{ stress: 0, isFull: false, recordings: 0, tracks: 0, renders: 0, renderSlots: 1 },
  ...{ diskFreeBytes: 1e12, diskState: 'ok' },
};

/** A room as a recorder has it, by what it was told. */
export interface HeldRecording {
  room: RoomRef;
  order: RecordingOrder;
  adopt: boolean;
  isPaused: boolean;
  allowed: readonly string[] | null;
  facts: RoomFact[];
  links: Set<string>;
  /** Why it was stopped; null: it goes on. */
  stopped: string | null;
}

/** A recorder that writes nothing: it keeps what it was told, and says what a test wants it to say. */
export class TestRecorder implements PlacedRecorder {
  load = idleLoad;
  readonly calls: { method: RecorderMethod; argument: unknown }[] = [];
  /** By recording; the newest opening of each. */
  readonly held = new Map<string, HeldRecording>();
  readonly client: RecorderClient;
  /** Of `openRoom`: what it is refused with, until it is taken away. */
  refusal: NodeError | null = null;
  /** What `openRoom` waits for. */
  hold: Promise<void> = Promise.resolve();
  listener: (event: RecorderEvent) => void = () => {};

  constructor(
    readonly recorderId: string,
    readonly region = 'local',
  ) {
    const methods = recorderMethods.map((method) => [
      method,
      async (argument: unknown) => {
        const plain = structuredClone(argument);
        this.calls.push({ method, argument: plain });
        return structuredClone(await this.serve(method, plain as object));
      },
    ]);
    this.client = {
      ...Object.fromEntries(methods),
      onEvent: (listener: (event: RecorderEvent) => void) => {
        this.listener = listener;
      },
    };
  }

  /** The only one that goes on. */
  get recording(): HeldRecording | undefined {
    return [...this.held.values()].find(({ stopped }) => stopped === null);
  }

  statusOf(held: HeldRecording, change: Partial<RecordingStatus> = {}): RecordingStatus {
    const { order, isPaused, stopped } = held;
    const { recordingId, meetingId, take, recordedMs } = order;
    const state = stopped !== null ? 'finishing' : isPaused ? 'paused' : 'recording';
    const rest = { trouble: null, backlogBytes: 0, files: [] };
    return { recordingId, meetingId, take, recordedMs, state, ...rest, ...change };
  }

  private async serve(method: RecorderMethod, argument: object): Promise<unknown> {
    if (method === 'openRoom') {
      return this.openRoom(argument as Parameters<RecorderClient['openRoom']>[0]);
    }
    if (method === 'finish') {
      const { recordingId, take, reason } = argument as Parameters<RecorderClient['finish']>[0];
      const held = this.held.get(recordingId);
      if (held?.order.take === take) held.stopped ??= reason;
    }
    const { roomId, epoch } = argument as Partial<RoomRef>;
    if (roomId === undefined) return undefined;
    const held = [...this.held.values()].find(
      ({ room, stopped }) => room.roomId === roomId && stopped === null,
    );
    if (held === undefined) throw new NodeError('not_in_room', 'It has no such room.');
    if (held.room.epoch !== epoch) throw new NodeError('stale_epoch', 'It is of another epoch.');
    return this.change(method, held, argument);
  }

  private async openRoom(call: Parameters<RecorderClient['openRoom']>[0]): Promise<HeldRoom> {
    await this.hold;
    if (this.refusal !== null) throw this.refusal;
    const { roomId, epoch, adopt = false, recording: order } = call;
    const before = this.held.get(order.recordingId);
    const goesOn = before?.stopped === null ? before : undefined;
    if (goesOn !== undefined && goesOn.room.epoch > epoch) {
      throw new NodeError('stale_epoch', 'A newer epoch is open.');
    }
    const links = adopt ? (goesOn?.links ?? new Set<string>()) : new Set<string>();
    const { isPaused, allowed } = order;
    const facts = goesOn?.facts ?? [];
    const room = { roomId, epoch };
    const stopped = null;
    this.held.set(order.recordingId, {
      ...{ room, order, adopt, isPaused, allowed, facts, links, stopped },
    });
    const linkAddresses = [{ address: '127.0.0.1', port: 1 }];
    return { participantIds: [], servedIds: [], linkAddresses, links: [...links] };
  }

  private change(method: RecorderMethod, held: HeldRecording, argument: object): void {
    const said = argument as Partial<
      HeldRecording & { paused: boolean; linkId: string; reason: string }
    >;
    if (method === 'setPaused') held.isPaused = said.paused ?? false;
    else if (method === 'setAllowed') held.allowed = said.allowed ?? null;
    else if (method === 'tell') held.facts.push(...(said.facts ?? []));
    else if (method === 'openLink') held.links.add(`${said.linkId}`);
    else if (method === 'closeLink') held.links.delete(`${said.linkId}`);
    else if (method === 'closeRoom') held.stopped = `${said.reason}`;
  }
}

/** Those that a control process can reach, in the test's hands. */
export class TestRecorders implements Recorders {
  private readonly listeners: RecordersListener[] = [];
  private readonly reached = new Map<string, TestRecorder>();

  constructor(...recorders: TestRecorder[]) {
    for (const recorder of recorders) this.come(recorder);
  }

  get all(): readonly TestRecorder[] {
    return [...this.reached.values()];
  }

  place({ except = [] }: { except?: readonly string[] } = {}): PlacedRecorder | null {
    return this.all.find(({ recorderId }) => !except.includes(recorderId)) ?? null;
  }

  find(recorderId: string): PlacedRecorder | null {
    return this.reached.get(recorderId) ?? null;
  }

  speaksFor(): boolean {
    return true;
  }

  decidesFor(): boolean {
    return true;
  }

  listen(listener: RecordersListener): void {
    this.listeners.push(listener);
  }

  /** It can be reached, for the first time or again. */
  come(recorder: TestRecorder): void {
    this.reached.set(recorder.recorderId, recorder);
    recorder.listener = (event) => this.say(recorder, event);
    this.describe(recorder);
  }

  describe(recorder: TestRecorder, change: Partial<RecordingStatus> = {}): void {
    const recordings = [...recorder.held.values()].map((held) => recorder.statusOf(held, change));
    const description = { recordings, renders: [], load: recorder.load };
    for (const { described } of this.listeners) described(recorder, description);
  }

  say(recorder: TestRecorder, event: RecorderEvent): void {
    for (const listener of this.listeners) listener.event(recorder.recorderId, event);
  }

  /** @param keeps what it has; else its process has ended, and it begins with what lies on its disk. */
  lose(recorder: TestRecorder, keeps = false): void {
    this.reached.delete(recorder.recorderId);
    if (!keeps) recorder.held.clear();
    for (const { lost } of this.listeners) lost(recorder.recorderId);
  }
}

/** As the agent of a recorder's process has it. */
export function localRecorder(recorder: TestRecorder): LocalRecorder {
  return {
    ...recorder.client,
    description: () => ({
      recordings: [...recorder.held.values()].map((held) => recorder.statusOf(held)),
      renders: [],
      load: recorder.load,
    }),
    holds: (roomId) => [...recorder.held.values()].some(({ room }) => room.roomId === roomId),
    stats: async () => ({}),
    close: async () => {},
  };
}
