/** A participant's sessions with a server and a node that are driven by hand. */
import type {
  ServerMessage,
  ServerPayloads,
  Source,
  Timers,
} from '../../../../client/src/index.js';
import { ProtocolError } from '../../../../client/src/index.js';
import type { MediaGap } from '../interruption.js';
import type { LocalMedia, LocalMediaState } from '../local-media.js';
import type { Command } from '../moderation.js';
import { Sessions } from '../sessions.js';
import type { Settings } from '../settings.js';
import { Store } from '../store.js';
import { FakeConnection } from './fake-connection.js';
import { settled } from './fake-devices.js';

interface Told {
  t: string;
  d: Record<string, unknown>;
}

type Refusal = (command: Told) => ProtocolError | undefined;

export class FakeRoom {
  readonly told: Told[] = [];
  readonly sessions: Sessions;
  /** Each time that what is shown has changed: the ids of tracks by publication. */
  readonly shown: Record<string, string>[] = [];
  readonly interruptions: boolean[] = [];
  readonly gaps: MediaGap[] = [];
  readonly known: string[] = [];
  readonly failures: unknown[] = [];
  isOnline = true;
  /** What the server refuses. */
  refuse: Refusal = () => undefined;
  /** Commands of these types are answered by `answer`. */
  held: string[] = [];
  private readonly waiting: (() => void)[] = [];
  readonly microphone = { kind: 'audio', id: 'microphone' } as unknown as MediaStreamTrack;
  readonly devices = new Store<LocalMediaState>({
    ...{ microphone: { state: 'on', track: this.microphone }, camera: { state: 'off' } },
    ...{ muted: true, devices: [], chosen: {} },
  });

  constructor(
    private readonly timers: Timers & { advance(ms: number): void },
    seat: Partial<ServerPayloads['joined']> = {},
  ) {
    FakeConnection.install();
    const local = { store: this.devices, setMuted: (muted: boolean) => this.setMuted(muted) };
    this.sessions = new Sessions({
      local: local as unknown as LocalMedia,
      settings: { videoCodec: undefined, sharing: 'text' } as unknown as Settings,
      timers: this.timers,
      random: () => 0.5,
      command: ((t: string, d: Told['d']) => this.command({ t, d })) as Command,
      allowed: (): Source[] => ['microphone', 'camera', 'screen'],
      isSaving: () => false,
      opened: () => undefined,
      shown: (tracks) =>
        this.shown.push(Object.fromEntries([...tracks].map(([id, track]) => [id, track.id]))),
      known: (ids) => this.known.push(...ids),
      isOnline: () => this.isOnline,
      interrupted: (isInterrupted) => this.interruptions.push(isInterrupted),
      gapEnded: (gap) => this.gaps.push(gap),
      failed: (error) => this.failures.push(error),
    });
    this.sessions.begin(this.seat(seat));
  }

  seat(changes: Partial<ServerPayloads['joined']> = {}): ServerPayloads['joined'] {
    const seat = { epoch: 1, resumed: false, ice_servers: [], ...changes };
    return seat as unknown as ServerPayloads['joined'];
  }

  setMuted(muted: boolean): void {
    this.devices.patch({ muted });
  }

  /** Time passes, and what follows from it happens. */
  async pass(ms: number): Promise<void> {
    await settled();
    for (let passed = 0; passed < ms; passed += 50) {
      this.timers.advance(Math.min(50, ms - passed));
      await settled();
    }
  }

  async receive(t: string, d: object): Promise<void> {
    this.sessions.received({ t, d } as unknown as ServerMessage);
    await settled();
  }

  /** The node offers one m-line for each of these publications: voices are sound, the others pictures. */
  async offer(epoch: number, publications: readonly string[], rev = 1): Promise<void> {
    const map = publications.map((publication_id, mid) => ({ mid: String(mid), publication_id }));
    const kinds = publications.map((id) => (id.includes('voice') ? 'audio' : 'video'));
    const sdp = kinds.map((kind, mid) => `m=${kind}\r\na=mid:${mid}\r\n`).join('');
    await this.receive('subscribe.offer', { epoch, rev, sdp, map });
  }

  /** As control says it: without make before break there is nothing to wait for. */
  async migrate(changes: Partial<ServerPayloads['migrate']> = {}): Promise<void> {
    const { make_before_break = true } = changes;
    const to = { epoch: 2, node_id: 'n2', make_before_break, retry_jitter_ms: 0 };
    const why = make_before_break
      ? ({ reason: 'drain', deadline_ms: 10_000 } as const)
      : ({ reason: 'failure', deadline_ms: 0 } as const);
    this.sessions.migrate({ ...to, ...why, ...changes });
    await this.pass(changes.retry_jitter_ms === undefined ? 1 : 0);
  }

  ofType(t: string): Told['d'][] {
    return this.told.filter((command) => command.t === t).map(({ d }) => d);
  }

  /** Of a session: what it sends by, and what it receives by. */
  pair(index: number): { publish: FakeConnection; subscribe: FakeConnection } {
    const [publish, subscribe] = FakeConnection.all.slice(2 * index);
    if (!publish || !subscribe) throw new Error(`no session ${index}`);
    return { publish, subscribe };
  }

  connect(index: number): void {
    const { publish, subscribe } = this.pair(index);
    publish.connect();
    subscribe.connect();
  }

  async answer(): Promise<void> {
    for (const answer of this.waiting.splice(0)) answer();
    await settled();
  }

  private command(told: Told): Promise<unknown> {
    this.told.push(told);
    const refusal = this.refuse(told);
    if (refusal) return Promise.reject(refusal);
    if (!this.held.includes(told.t)) return Promise.resolve(answerTo(told));
    return new Promise((resolve) => this.waiting.push(() => resolve(answerTo(told))));
  }
}

export function refused(code: 'stale_epoch' | 'node_lost'): ProtocolError {
  return new ProtocolError(code, '');
}

function answerTo({ t, d }: Told): object {
  if (t !== 'publish.offer') return {};
  const tracks = d.tracks as { cid: string; mid: string; source: string }[];
  const publications = tracks.map(({ cid, mid, source }) => ({
    ...{ cid, mid },
    publication_id: `own-${source}`,
  }));
  return { epoch: d.epoch, rev: d.rev, sdp: '', publications };
}
