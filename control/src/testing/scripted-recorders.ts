import { createHash } from 'node:crypto';
import type {
  RecordedFile,
  RecorderLoad,
  RecordingStatus,
  RenderOrder,
  RenderStatus,
} from '../../../recorder/src/index.js';
import type {
  RecorderClient,
  RecorderDescription,
  RecorderEvent,
  RecorderMethod,
} from '../recorders/recorder-client.js';
import { recorderMethods } from '../recorders/recorder-client.js';
import type { PlacedRecorder, Recorders, RecordersListener } from '../recorders/recorders.js';
import type { Objects } from '../store/objects.js';

/** Does nothing but write down what it is asked. What it says of itself the test says. */
export class ScriptedRecorder implements PlacedRecorder {
  readonly region = 'local';
  readonly client: RecorderClient;
  /** In order. */
  readonly asked: { method: RecorderMethod; call: unknown }[] = [];
  /** Methods that are refused. */
  readonly refuses = new Set<RecorderMethod>();
  load: RecorderLoad = {
    ...{ stress: 0, isFull: false, recordings: 0, tracks: 0, renders: 0 },
    ...{ renderSlots: 1, diskFreeBytes: 1e9, diskState: 'ok' },
  };

  constructor(readonly recorderId: string) {
    const methods = recorderMethods.map((method) => [
      method,
      (call: unknown) => this.hear(method, call),
    ]);
    this.client = { ...Object.fromEntries(methods), onEvent: () => {} } as RecorderClient;
  }

  private async hear(method: RecorderMethod, call: unknown): Promise<void> {
    if (this.refuses.has(method)) throw new Error(`${method} is refused`);
    this.asked.push({ method, call });
  }

  /** What it was asked by that method. */
  calls<Call = Record<string, unknown>>(method: RecorderMethod): Call[] {
    return this.asked.filter((one) => one.method === method).map(({ call }) => call as Call);
  }

  get orders(): RenderOrder[] {
    return this.calls<RenderOrder>('render');
  }
}

/** Recorders of which the test says everything. */
export class ScriptedRecorders implements Recorders {
  readonly all: ScriptedRecorder[] = [];
  /** For which of them another process speaks. */
  readonly ofOthers = new Set<string>();
  private readonly listeners: RecordersListener[] = [];

  add(recorderId: string): ScriptedRecorder {
    const recorder = new ScriptedRecorder(recorderId);
    this.all.push(recorder);
    return recorder;
  }

  place(): ScriptedRecorder | null {
    return this.all[0] ?? null;
  }

  find(recorderId: string): ScriptedRecorder | null {
    return this.all.find((one) => one.recorderId === recorderId) ?? null;
  }

  speaksFor(recorderId: string): boolean {
    return !this.ofOthers.has(recorderId);
  }

  decidesFor(recorderId: string): boolean {
    return this.speaksFor(recorderId);
  }

  listen(listener: RecordersListener): void {
    this.listeners.push(listener);
  }

  says(recorder: ScriptedRecorder, event: RecorderEvent): void {
    for (const listener of this.listeners) listener.event(recorder.recorderId, event);
  }

  describes(recorder: ScriptedRecorder, some: Partial<RecorderDescription> = {}): void {
    const { load } = recorder;
    const description = { recordings: [], renders: [], load, ...some };
    for (const listener of this.listeners) listener.described(recorder, description);
  }

  /** Its process is gone. */
  lose(recorder: ScriptedRecorder): void {
    this.all.splice(this.all.indexOf(recorder), 1);
    for (const listener of this.listeners) listener.lost(recorder.recorderId);
  }
}

/** What a recorder says when it has stored a take. */
export function storedStatus(
  recording: { recordingId: string; meetingId: string },
  some: Partial<RecordingStatus> = {},
): RecordingStatus {
  return {
    ...recording,
    ...{ take: 1, state: 'stored', trouble: null, recordedMs: 20_000, backlogBytes: 0, files: [] },
    ...some,
  };
}

export function renderStatus(
  { renderId, attempt }: RenderOrder,
  some: Partial<RenderStatus> = {},
): RenderStatus {
  const none = { progress: 0, cpuSeconds: 0, file: null, detail: null };
  return { renderId, attempt, state: 'running', ...none, ...some };
}

/** Puts an object into the store. @returns the file that it is, as a recorder tells of it. */
export async function storeFile(
  objects: Objects,
  bytes: Buffer,
  file: Pick<RecordedFile, 'fileId' | 'key' | 'kind'> & Partial<RecordedFile>,
): Promise<RecordedFile> {
  await objects.put(file.key, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const contentType = file.kind === 'manifest' ? 'application/jsonl' : 'video/webm';
  return { contentType, bytes: bytes.byteLength, sha256, startMs: 0, endMs: 20_000, ...file };
}
