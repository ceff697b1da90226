/**
 * What this participant receives. The server always offers; an m-line is a slot, and the map says
 * which publication flows through it now. Slots are reused with no new description (api §4).
 */
import type { ClientPayloads, IceServer, ServerPayloads, Slot } from '../../../client/src/index.js';
import { realTimers } from '../../../client/src/index.js';
import { IceWatch } from './ice-watch.js';

export interface SubscribeEnvironment {
  epoch: number;
  iceServers: IceServer[];
  answer(payload: ClientPayloads['subscribe.answer']): Promise<unknown>;
  restart(payload: ClientPayloads['subscribe.restart']): Promise<unknown>;
  /** By publication id, and publication ids by m-line; new maps whenever something changed. */
  tracks(tracks: ReadonlyMap<string, MediaStreamTrack>, mids: ReadonlyMap<string, string>): void;
  failed(error: unknown): void;
}

export class SubscribeTransport {
  private readonly connection: RTCPeerConnection;
  private readonly watch: IceWatch;
  private queue: Promise<void> = Promise.resolve();
  private rev = 0;
  private closed = false;

  constructor(private readonly environment: SubscribeEnvironment) {
    this.connection = new RTCPeerConnection({
      iceServers: environment.iceServers,
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
    });
    this.watch = new IceWatch(this.connection, realTimers, async () => {
      await environment.restart({ epoch: environment.epoch }).catch(environment.failed);
    });
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

  close(): void {
    this.closed = true;
    this.watch.close();
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
    const { epoch, rev, sdp, map } = offer;
    if (rev < this.rev) return;
    // After a resume the unanswered offer comes again; the same answer serves.
    if (rev > this.rev || this.connection.localDescription === null) {
      await this.connection.setRemoteDescription({ type: 'offer', sdp });
      await this.connection.setLocalDescription(await this.connection.createAnswer());
      this.rev = rev;
    }
    this.apply(map);
    const answer = this.connection.localDescription?.sdp ?? '';
    // Not awaited: with a lost socket the answer waits, the maps after it must not.
    this.environment.answer({ epoch, rev, sdp: answer }).catch(this.environment.failed);
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
    this.environment.tracks(tracks, mids);
  }
}
