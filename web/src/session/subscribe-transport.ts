/**
 * What this participant receives. The server always offers; an m-line is a slot, and the map says
 * which publication flows through it now. Slots are reused with no new description (api §4).
 */
import type {
  ClientPayloads,
  IceServer,
  ServerPayloads,
  Slot,
  Timers,
} from '../../../client/src/index.js';
import { codeOf } from '../../../client/src/index.js';
import { Arrivals } from './arrivals.js';
import { IceWatch } from './ice-watch.js';
import { isMove } from './room-moves.js';
import { lineCounters } from './transport-counters.js';

export type Tracks = ReadonlyMap<string, MediaStreamTrack>;

export interface SubscribeEnvironment {
  timers: Timers;
  /** The present one; see `renamed`. */
  epoch(): number;
  iceServers: IceServer[];
  answer(payload: ClientPayloads['subscribe.answer']): Promise<unknown>;
  restart(payload: ClientPayloads['subscribe.restart']): Promise<unknown>;
  /** `tracks` and `mids` are others now. */
  changed(): void;
  failed(error: unknown): void;
}

export class SubscribeTransport {
  /** By publication id. */
  tracks: Tracks = new Map();
  /** Publication ids by m-line. */
  mids: ReadonlyMap<string, string> = new Map();
  readonly arrivals = new Arrivals();
  private readonly connection: RTCPeerConnection;
  private readonly watch: IceWatch;
  private begin = () => {};
  /** What comes before start() waits for it. */
  private queue = new Promise<void>((begin) => {
    this.begin = begin;
  });
  private rev = 0;
  private closed = false;
  /** An answer that was refused as one of an older epoch, and will be right under the next. */
  private tellAgain: (() => void) | undefined;

  constructor(private readonly environment: SubscribeEnvironment) {
    this.connection = new RTCPeerConnection({
      iceServers: environment.iceServers,
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
    });
    this.watch = new IceWatch(this.connection, environment.timers, async () => {
      const asked = environment.restart({ epoch: environment.epoch() });
      await asked.catch((error) => isMove(error) || environment.failed(error));
    });
  }

  start(): void {
    this.begin();
  }

  get isConnected(): boolean {
    return this.connection.connectionState === 'connected';
  }

  /** The epoch is another one, the transport is the same. */
  renamed(): void {
    const tell = this.tellAgain;
    this.tellAgain = undefined;
    tell?.();
  }

  offered(offer: ServerPayloads['subscribe.offer']): void {
    this.enqueue(() => this.answer(offer));
  }

  mapped({ map }: ServerPayloads['subscribe.map']): void {
    this.enqueue(async () => this.apply(map));
  }

  candidate(candidate: ServerPayloads['candidate']): void {
    this.enqueue(async () => {
      if (candidate.rev !== this.rev || candidate.candidate === null) return;
      const { mid: sdpMid, ufrag: usernameFragment } = candidate;
      const init = { candidate: candidate.candidate, sdpMid, usernameFragment };
      await this.connection.addIceCandidate(init);
    });
  }

  statistics(): Promise<RTCStatsReport> {
    return this.connection.getStats();
  }

  /** The path alone, where that costs less: one receiver's report has it, and few rows of streams. */
  async pathStatistics(): Promise<RTCStatsReport> {
    const report = await this.connection.getReceivers()[0]?.getStats();
    return report && hasPath(report) ? report : this.connection.getStats();
  }

  /** What has come since the last look is known to `arrivals`. */
  async lookForArrivals(): Promise<void> {
    if (this.closed) return;
    const counters = lineCounters(await this.connection.getStats());
    const byTrack = new Map([...this.tracks].map(([id, track]) => [track.id, id]));
    this.arrivals.look(counters, this.mids, byTrack, this.environment.timers.now());
  }

  /** Nothing is asked or answered any more; what was received stays. */
  retire(): void {
    this.closed = true;
    this.watch.close();
  }

  close(): void {
    this.retire();
    this.connection.close();
  }

  /** Offers and maps take effect in the order in which they came. */
  private enqueue(step: () => Promise<void>): void {
    this.queue = this.queue
      .then(() => (this.closed ? undefined : step()))
      .catch((error: unknown) => {
        if (!this.closed) this.environment.failed(error);
      });
  }

  private async answer(offer: ServerPayloads['subscribe.offer']): Promise<void> {
    const { rev, sdp, map } = offer;
    if (rev < this.rev) return;
    // After a resume the unanswered offer comes again; the same answer serves.
    if (rev > this.rev || this.connection.localDescription === null) {
      await this.connection.setRemoteDescription({ type: 'offer', sdp });
      await this.connection.setLocalDescription(await this.connection.createAnswer());
      this.rev = rev;
    }
    this.apply(map);
    // Not awaited: with a lost socket the answer waits, the maps after it must not.
    void this.tell(rev, this.connection.localDescription?.sdp ?? '');
  }

  private async tell(rev: number, sdp: string): Promise<void> {
    const { environment } = this;
    const epoch = environment.epoch();
    try {
      await environment.answer({ epoch, rev, sdp });
    } catch (error) {
      if (this.closed || rev !== this.rev) return;
      if (!isMove(error)) return environment.failed(error);
      // A node that is lost has no use for it: it would offer anew.
      if (codeOf(error) === 'node_lost') return;
      if (epoch === environment.epoch()) this.tellAgain = () => void this.tell(rev, sdp);
      else void this.tell(rev, sdp);
    }
  }

  private apply(map: readonly Slot[]): void {
    const byMid = new Map(
      this.connection.getTransceivers().map(({ mid, receiver }) => [mid, receiver.track]),
    );
    const tracks = new Map<string, MediaStreamTrack>();
    const mids = new Map<string, string>();
    for (const { mid, publication_id } of map) {
      const track = byMid.get(mid);
      if (!track || publication_id === null) continue;
      tracks.set(publication_id, track);
      mids.set(mid, publication_id);
    }
    this.tracks = tracks;
    this.mids = mids;
    this.environment.changed();
  }
}

function hasPath(report: RTCStatsReport): boolean {
  return [...report.values()].some(({ type }) => type === 'candidate-pair');
}
