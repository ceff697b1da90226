import { type MediaNode, PlenumError, type Room } from '../../../lib/index.js';
import type {
  Recorder,
  Recording,
  RecordingOrder,
  RecordingStatus,
  Renderer,
  RenderStatus,
} from '../../../recorder/src/index.js';
import { type HeldRoom, NodeError, type RoomRef } from '../nodes/node-client.js';
import { RoomLinks } from '../nodes/room-links.js';
import {
  type LocalRecorder,
  type RecorderClient,
  type RecorderDescription,
  type RecorderEvent,
  type RecorderMethod,
  recorderClientOf,
  type TakeRef,
} from './recorder-client.js';
import { recorderSeries } from './recorder-series.js';

export interface InProcessRecorderContext {
  /** The engine at the far end of the links. */
  media: MediaNode;
  recorder: Recorder;
  /** Of its owner: what it says comes by `rendered`. */
  renderer: Pick<Renderer, 'render' | 'cancelRender' | 'statuses'>;
  report: (error: unknown, doing: string) => void;
}

interface LiveRoom {
  epoch: number;
  readonly room: Room;
  readonly links: RoomLinks;
  readonly recording: Recording;
  readonly take: string;
}

type Call<Method extends RecorderMethod> = Parameters<RecorderClient[Method]>[0];

/**
 * The recorder in this very process: rooms of the library in which nobody sits, whose links bring what is
 * written, and the recordings that are made of them. As of a node, only plain data passes.
 */
export class InProcessRecorder {
  private readonly rooms = new Map<string, LiveRoom>();
  private listener: (event: RecorderEvent) => void = () => {};

  constructor(private readonly context: InProcessRecorderContext) {
    context.recorder.onStatus((status) => {
      this.leave(status);
      this.emit({ type: 'recording', status });
    });
  }

  /** The recorder as control sees it. */
  get client(): LocalRecorder {
    return {
      ...recorderClientOf(
        (method, argument) => this.call(method, argument),
        (listener) => {
          this.listener = listener;
        },
      ),
      description: () => this.description(),
      holds: (roomId) => this.rooms.has(roomId),
      stats: async () => this.stats(),
      close: () => this.close(),
    };
  }

  /** What the renderer says of a job. */
  rendered(status: RenderStatus): void {
    this.emit({ type: 'render', status });
  }

  async openRoom(call: Call<'openRoom'>): Promise<HeldRoom> {
    const { roomId, epoch, adopt = false, recording: order } = call;
    const held = this.rooms.get(roomId);
    if (held !== undefined && held.epoch > epoch) {
      throw new NodeError('stale_epoch', 'A newer epoch is open.');
    }
    const isSame = held?.take === takeOf(order);
    if (held === undefined || !isSame) await this.openAnew({ roomId, epoch }, order, held);
    else await this.goOn(held, { epoch, adopt, order });
    const { room, links } = this.held({ roomId, epoch });
    return {
      ...{ participantIds: [], servedIds: [], links: await links.ids() },
      linkAddresses: room.linkAddresses.map((address) => ({ ...address })),
    };
  }

  async closeRoom({ roomId, epoch, reason, ...ref }: Call<'closeRoom'>): Promise<void> {
    const held = this.rooms.get(roomId);
    if (held?.epoch === epoch && held.take === takeOf(ref)) this.forget(held, reason);
  }

  async openLink(end: Call<'openLink'>): Promise<void> {
    await this.held(end).links.open(end);
  }

  async closeLink(link: Call<'closeLink'>): Promise<void> {
    this.held(link).links.close(link.linkId);
  }

  async hearLink({ word, ...link }: Call<'hearLink'>): Promise<void> {
    this.held(link).links.hear(link.linkId, word);
  }

  async repeatLink(link: Call<'repeatLink'>): Promise<void> {
    this.held(link).links.repeat(link.linkId);
  }

  async setPaused({ paused, ...ref }: Call<'setPaused'>): Promise<void> {
    this.held(ref).recording.setPaused(paused);
  }

  async setAllowed({ allowed, ...ref }: Call<'setAllowed'>): Promise<void> {
    this.held(ref).recording.setAllowed(allowed);
  }

  async tell({ facts, ...ref }: Call<'tell'>): Promise<void> {
    this.held(ref).recording.tell(facts);
  }

  async release({ recordingId, take, isDeleted }: Call<'release'>): Promise<void> {
    await this.context.recorder.release(recordingId, take, isDeleted);
  }

  async finish({ recordingId, take, reason }: Call<'finish'>): Promise<void> {
    for (const held of this.rooms.values()) {
      if (held.take === takeOf({ recordingId, take })) this.forget(held, reason);
    }
    this.context.recorder.finish(recordingId, take, reason);
  }

  async render(order: Call<'render'>): Promise<void> {
    await this.context.renderer.render(order);
  }

  async cancelRender(call: Call<'cancelRender'>): Promise<void> {
    await this.context.renderer.cancelRender(call);
  }

  description(): RecorderDescription {
    const { recorder, renderer } = this.context;
    const description = {
      recordings: recorder.statuses(),
      renders: renderer.statuses,
      load: recorder.load(),
    };
    return structuredClone(description);
  }

  stats(): Record<string, number> {
    return recorderSeries(this.context.recorder.stats());
  }

  /** Files are complete before media ends: what comes until then is in them. */
  async close(): Promise<void> {
    await this.context.recorder.close();
    this.rooms.clear();
    this.context.media.close();
  }

  /** @throws NodeError `no_capacity`; what is recorded already goes on, however full it is. Error of a disk that refuses. */
  private async openAnew(
    { roomId, epoch }: RoomRef,
    order: RecordingOrder,
    older: LiveRoom | undefined,
  ): Promise<void> {
    const { media, recorder, report } = this.context;
    if (older !== undefined) this.forget(older, 'superseded');
    if (recorder.load().isFull && recorder.find(order.recordingId) === null) {
      throw new NodeError('no_capacity', 'The recorder is full.');
    }
    const whole = { loudest: 255, gateSilence: false, evenWhenFull: true };
    const room = media.createRoom({ id: roomId, ...whole });
    try {
      const recording = recorder.begin(room, order, epoch);
      const links = new RoomLinks(room, {
        said: (linkId, word) =>
          this.emit({ type: 'link_said', roomId, epoch: held.epoch, linkId, word }),
        failed: (error) => report(error, 'record what comes over a link'),
      });
      const held: LiveRoom = { epoch, room, links, recording, take: takeOf(order) };
      this.rooms.set(roomId, held);
    } catch (error) {
      room.close();
      throw error;
    }
    await this.rooms.get(roomId)?.recording.begun;
  }

  /** A take that ended by itself needs its links no more. */
  private leave(status: RecordingStatus): void {
    if (!overStates.includes(status.state)) return;
    for (const held of this.rooms.values()) {
      if (held.take !== takeOf(status)) continue;
      this.rooms.delete(held.room.id);
      held.room.close();
    }
  }

  /** Without `adopt` nobody knows its links any more: they end, and others come. */
  private async goOn(
    held: LiveRoom,
    { epoch, adopt, order }: { epoch: number; adopt: boolean; order: RecordingOrder },
  ): Promise<void> {
    held.epoch = epoch;
    held.recording.setPaused(order.isPaused);
    held.recording.setAllowed(order.allowed);
    if (adopt) return;
    for (const linkId of await held.links.ids()) held.links.close(linkId);
  }

  private forget(held: LiveRoom, reason: string): void {
    this.rooms.delete(held.room.id);
    held.recording.stop(reason);
    held.room.close();
  }

  private held({ roomId, epoch }: RoomRef): LiveRoom {
    const held = this.rooms.get(roomId);
    if (held === undefined) throw new NodeError('not_in_room', 'The recorder has no such room.');
    if (held.epoch !== epoch) throw new NodeError('stale_epoch', `The epoch is ${held.epoch}.`);
    return held;
  }

  private async call(method: RecorderMethod, argument: unknown): Promise<unknown> {
    const run = this[method] as (argument: unknown) => Promise<unknown>;
    try {
      return structuredClone(await run.call(this, structuredClone(argument)));
    } catch (error) {
      throw toNodeError(error);
    }
  }

  private emit(event: RecorderEvent): void {
    this.listener(structuredClone(event));
  }
}

const overStates: readonly RecordingStatus['state'][] = ['finishing', 'stored', 'failed'];

function takeOf({ recordingId, take }: TakeRef): string {
  return `${recordingId}/${take}`;
}

function toNodeError(error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (error instanceof NodeError || typeof code !== 'string') return error;
  const { message } = error as Error;
  if (!(error instanceof PlenumError)) return new NodeError(code, message);
  if (error.code === 'closed') return new NodeError('not_in_room', error.detail);
  return new NodeError(error.code === 'engine_closed' ? 'node_lost' : error.code, error.detail);
}
