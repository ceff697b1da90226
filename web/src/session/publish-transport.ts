/**
 * What this participant sends. The client always offers; offers of one transport never overlap:
 * a change during one makes another, with the next revision, after its answer (api §4).
 */

import type {
  ClientPayloads,
  IceServer,
  ServerPayloads,
  Source,
  Timers,
} from '../../../client/src/index.js';
import { codeOf, type ProtocolError } from '../../../client/src/index.js';
import {
  applyLayers,
  applyLimits,
  applySaving,
  declared,
  encodingsOf,
  type SentEncoding,
} from './encodings.js';
import { IceWatch } from './ice-watch.js';
import { isMove } from './room-moves.js';
import { sendingMids } from './sending-mids.js';
import type { SharingMode, VideoCodec } from './settings.js';

/** After what came too fast, when the server does not say how long to wait; ms. */
const patienceMs = 1_000;

export interface PublishEnvironment {
  timers: Timers;
  /** The present one; see `renamed`. */
  epoch(): number;
  iceServers: IceServer[];
  videoCodec: VideoCodec | undefined;
  sharing(): SharingMode;
  /** Does this person save data? */
  isSaving(): boolean;
  newId(): string;
  offer(payload: ClientPayloads['publish.offer']): Promise<ServerPayloads['publish.answer']>;
  update(payload: ClientPayloads['publish.update'], source: Source): Promise<unknown>;
  remove(payload: ClientPayloads['publish.remove']): Promise<unknown>;
  failed(error: unknown): void;
}

/** One m-line. It stays when its track goes: the next sound of that source takes it again. */
interface Line {
  readonly source: Source;
  readonly transceiver: RTCRtpTransceiver;
  encodings: readonly SentEncoding[];
  /** Of the server, by RID: which of them anybody watches. */
  watched: ServerPayloads['publish.layers']['encodings'];
  cid: string;
  live: boolean;
  muted: boolean;
  /** What the server was told last; undefined: it does not know this publication yet. */
  toldMuted?: boolean | undefined;
  /** It is being told. */
  isTelling: boolean;
  publicationId?: string | undefined;
  /** Changes of the sender's parameters, one after the other. */
  layers: Promise<void>;
}

export class PublishTransport {
  private readonly connection: RTCPeerConnection;
  private readonly lines = new Map<Source, Line>();
  private readonly watch: IceWatch;
  private rev = 0;
  private negotiating = false;
  private negotiated = Promise.resolve();
  private dirty = false;
  private closed = false;
  /** An offer was refused as one of an older epoch, and no other is known yet. */
  private isStale = false;

  constructor(private readonly environment: PublishEnvironment) {
    this.connection = new RTCPeerConnection({
      iceServers: environment.iceServers,
      bundlePolicy: 'max-bundle',
      rtcpMuxPolicy: 'require',
    });
    this.watch = new IceWatch(this.connection, environment.timers, () => {
      this.connection.restartIce();
      this.negotiate();
      return this.negotiated;
    });
  }

  /** All that is offered is answered and has its path; with nothing to send, too. */
  get isReady(): boolean {
    if (this.lines.size === 0) return true;
    return !this.negotiating && this.connection.connectionState === 'connected';
  }

  /** The node has taken leave (close_notify), or is lost. */
  get hasEnded(): boolean {
    const { connectionState } = this.connection;
    const [sender] = this.connection.getSenders();
    const isOver = ['closed', 'failed'].includes(sender?.transport?.state ?? '');
    return isOver || ['disconnected', 'failed', 'closed'].includes(connectionState);
  }

  /** The epoch is another one, the transport is the same. */
  renamed(): void {
    if (!this.isStale) return;
    this.isStale = false;
    this.negotiate();
  }

  /** Offers the track, or hands it to the m-line that its source has. */
  async publish(source: Source, track: MediaStreamTrack, muted: boolean): Promise<void> {
    const line = this.lines.get(source);
    if (!line || (!line.live && track.kind === 'video')) {
      if (line) this.retire(line);
      this.lines.set(source, this.addLine(source, track, muted));
      return this.negotiate();
    }
    const isNew = !line.live;
    // Before the wait: what is said during it holds after it.
    Object.assign(line, { live: true, muted }, isNew ? { cid: this.environment.newId() } : {});
    await line.transceiver.sender.replaceTrack(track);
    if (source === 'screen') this.tuneScreen(this.environment.sharing());
    if (!isNew || !line.live) {
      void this.tellMuted(line);
      return;
    }
    line.transceiver.direction = 'sendonly';
    this.negotiate();
  }

  setMuted(source: Source, muted: boolean): void {
    const line = this.lines.get(source);
    if (!line) return;
    line.muted = muted;
    void this.tellMuted(line);
  }

  /** The device is off, the publication stays, muted. */
  async silence(source: Source): Promise<void> {
    const line = this.lines.get(source);
    if (!line) return;
    line.muted = true;
    await line.transceiver.sender.replaceTrack(null);
    void this.tellMuted(line);
  }

  /** The publication ends. */
  async unpublish(source: Source): Promise<void> {
    const line = this.lines.get(source);
    if (!line?.live) return;
    const { publicationId } = line;
    Object.assign(line, { live: false, publicationId: undefined, toldMuted: undefined });
    line.transceiver.direction = 'inactive';
    await line.transceiver.sender.replaceTrack(null);
    if (publicationId) {
      const removal = this.environment.remove({ publication_id: publicationId });
      // One that came too fast needs no other: the offer that follows ends the publication too.
      await removal.catch((error) => isPassing(error) || this.environment.failed(error));
    }
    this.negotiate();
  }

  /** A host switched it off at the server: no need to tell. Undefined: not ours. */
  mutedByHost(source: Source): void {
    const line = this.lines.get(source);
    if (line) Object.assign(line, { muted: true, toldMuted: true });
  }

  /** Qualities that nobody watches are not even encoded. */
  setLayers({ publication_id, encodings }: ServerPayloads['publish.layers']): void {
    const line = [...this.lines.values()].find((each) => each.publicationId === publication_id);
    if (!line) return;
    line.watched = encodings;
    this.applyWatched(line);
  }

  /** The person saves data from now on, or no longer. */
  savingChanged(): void {
    const line = this.lines.get('camera');
    if (line) this.applyWatched(line);
  }

  private applyWatched(line: Line): void {
    const { watched, source } = line;
    const isSaving = this.environment.isSaving();
    this.change(line, (sent) =>
      source === 'camera' ? applySaving(sent, watched, isSaving) : applyLayers(sent, watched),
    );
  }

  /** The screen is tuned for something else now, also while it is shared. */
  tuneScreen(mode: SharingMode): void {
    const line = this.lines.get('screen');
    if (!line) return;
    const { encodings } = line;
    line.encodings = encodingsOf('screen', this.environment.videoCodec, mode);
    this.change(line, (sent) => {
      applyLimits(sent, line.encodings);
      return line.encodings !== encodings;
    });
  }

  private change(line: Line, apply: (sent: RTCRtpEncodingParameters[]) => boolean): void {
    line.layers = line.layers.then(async () => {
      const { sender } = line.transceiver;
      const parameters = sender.getParameters();
      if (!apply(parameters.encodings)) return;
      // Refused while a description is being exchanged; the server says it again when it matters.
      await sender.setParameters(parameters).catch(() => {});
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

  /**
   * Pictures begin on a new m-line: on an old one a browser names its simulcast streams (RFC 8852)
   * no more, and the node could not tell them apart. The first m-line carries the transport: it
   * stays.
   */
  private retire({ transceiver }: Line): void {
    if (this.connection.getTransceivers()[0] !== transceiver) transceiver.stop();
  }

  private addLine(source: Source, track: MediaStreamTrack, muted: boolean): Line {
    const { videoCodec, sharing } = this.environment;
    const encodings = encodingsOf(source, videoCodec, sharing());
    const watched = encodings.map(({ rid }) => ({ rid: rid ?? '', active: true }));
    const sendEncodings = encodings.map((encoding) => ({ ...encoding, active: true }));
    if (source === 'camera') applySaving(sendEncodings, watched, this.environment.isSaving());
    const transceiver = this.connection.addTransceiver(track, {
      direction: 'sendonly',
      sendEncodings,
    });
    if (track.kind === 'video') preferVideo(transceiver, this.environment.videoCodec);
    else preferRedundancy(transceiver);
    const cid = this.environment.newId();
    const layers = Promise.resolve();
    const state = { live: true, muted, isTelling: false };
    return { source, transceiver, encodings, watched, cid, ...state, layers };
  }

  private negotiate(): void {
    this.dirty = true;
    if (!this.negotiating) this.negotiated = this.negotiateWhileDirty();
  }

  private async negotiateWhileDirty(): Promise<void> {
    this.negotiating = true;
    // What is published in the same turn goes into one offer.
    await Promise.resolve();
    while (this.dirty && !this.closed) {
      this.dirty = false;
      const epoch = this.environment.epoch();
      try {
        await this.exchange(epoch);
      } catch (error) {
        await this.giveUp(error, epoch);
      }
    }
    this.negotiating = false;
  }

  private async exchange(epoch: number): Promise<void> {
    const { connection, environment } = this;
    await connection.setLocalDescription(await connection.createOffer());
    const sdp = connection.localDescription?.sdp ?? '';
    const offered = this.offeredLines(sdp);
    const answer = await environment.offer({
      epoch,
      rev: ++this.rev,
      sdp,
      tracks: offered.map(declarationOf),
    });
    if (this.closed) return;
    await connection.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
    for (const { cid, publication_id } of answer.publications) {
      const line = offered.find((candidate) => candidate.cid === cid);
      if (line?.cid === cid && line.live) line.publicationId = publication_id;
    }
    for (const line of offered) void this.tellMuted(line);
  }

  /**
   * The offer is taken back; the transport goes on as it was before it. One that came too fast is
   * made again, when the server says: somebody shares who has just stopped. One that met a room on the
   * move stands (the node may have it), and the next one follows it.
   */
  private async giveUp(error: unknown, epoch: number): Promise<void> {
    if (this.closed || codeOf(error) === 'abandoned') return;
    if (codeOf(error) === 'stale_epoch') {
      this.isStale = epoch === this.environment.epoch();
      this.dirty = !this.isStale;
      return;
    }
    if (codeOf(error) === 'node_lost') {
      await this.waitAfter(error as ProtocolError);
      this.dirty = true;
      return;
    }
    if (this.connection.signalingState === 'have-local-offer') {
      await this.connection.setLocalDescription({ type: 'rollback' });
    }
    if (!isTooFast(error)) return this.environment.failed(error);
    await this.waitAfter(error);
    this.dirty = true;
  }

  /** What this offer sends: a line that changed meanwhile waits for the next one. */
  private offeredLines(sdp: string): Line[] {
    const sending = sendingMids(sdp);
    const lines = [...this.lines.values()].filter(
      ({ live, transceiver }) => live && sending.has(transceiver.mid ?? ''),
    );
    for (const line of lines) line.toldMuted ??= line.muted;
    return lines;
  }

  /** One word at a time, until the server has the last one. */
  private async tellMuted(line: Line): Promise<void> {
    if (line.isTelling) return;
    line.isTelling = true;
    while (!this.closed && line.publicationId && line.toldMuted !== line.muted) {
      await this.sayMuted(line, line.publicationId);
    }
    line.isTelling = false;
  }

  private async sayMuted(line: Line, publicationId: string): Promise<void> {
    const { muted, source } = line;
    line.toldMuted = muted;
    try {
      await this.environment.update({ publication_id: publicationId, muted }, source);
    } catch (error) {
      if (!isPassing(error)) return this.environment.failed(error);
      if (line.publicationId === publicationId) line.toldMuted = !muted;
      await this.waitAfter(error);
    }
  }

  /** As long as the server asks for. */
  private waitAfter({ retryAfterMs = patienceMs }: ProtocolError): Promise<void> {
    return new Promise((resume) => this.environment.timers.after(retryAfterMs, () => resume()));
  }
}

function isTooFast(error: unknown): error is ProtocolError {
  return codeOf(error) === 'rate_limited';
}

/** The same may be said again in a moment: too fast, or the room is on the move. */
function isPassing(error: unknown): error is ProtocolError {
  return isTooFast(error) || isMove(error);
}

function declarationOf(line: Line): ClientPayloads['publish.offer']['tracks'][number] {
  const { source, cid, muted, transceiver } = line;
  const common = { mid: transceiver.mid ?? '', cid, source, muted };
  const encodings = declared(line.encodings);
  if (source === 'camera' || source === 'screen') return { ...common, kind: 'video', encodings };
  return { ...common, kind: 'audio', encodings, dtx: source === 'microphone', red: true };
}

/** Leaves only the wished codec and its helpers; without a wish, the browser's own order. */
function preferVideo(transceiver: RTCRtpTransceiver, wish: VideoCodec | undefined): void {
  if (!wish) return;
  const wanted = new Set([`video/${wish}`, 'video/rtx', 'video/red', 'video/ulpfec']);
  const known = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const codecs = known.filter((codec) => wanted.has(codec.mimeType));
  if (codecs.some((codec) => codec.mimeType === `video/${wish}`)) {
    transceiver.setCodecPreferences(codecs);
  }
}

/** RED (RFC 2198) first: every packet carries the one before it, so that a single loss is silent. */
function preferRedundancy(transceiver: RTCRtpTransceiver): void {
  const known = RTCRtpSender.getCapabilities('audio')?.codecs ?? [];
  const isRed = (codec: { mimeType: string }) => codec.mimeType === 'audio/red';
  if (!known.some(isRed)) return;
  const others = known.filter((codec) => !isRed(codec));
  transceiver.setCodecPreferences([...known.filter(isRed), ...others]);
}
