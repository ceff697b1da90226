/** A publication that is recorded: its tap, its frames, its file. */
import type { ManifestLine, RecordedCodec, TrackSource } from '../manifest/lines.js';
import type { TappedPacket, TappedPublication, TappedTrack } from '../tapped.js';
import { Placement } from './placement.js';
import type { TrackBefore } from './track-before.js';
import { type TrackSink, TrackWriter } from './track-writer.js';

/** Asked again after so long: the request, or the key frame, may have been lost. */
const KEY_FRAME_US = 500_000;
const CLOCK_LINE_US = 60_000_000;
const COUNTS_LINE_US = 30_000_000;
/** What was found out of a clock is of now for so long. */
const RECENT_US = 5_000_000;
/**
 * Players decode from a key frame on (of a minute of 720p a core has two seconds' work): less often, seeking
 * takes them too long; more often, pictures cost everybody in the meeting more.
 */
const SEEKABLE_MS = 30_000;

export class RecordedTrack {
  readonly id: string;
  readonly participantId: string;
  readonly kind: 'audio' | 'video';
  readonly source: TrackSource;
  readonly writer: TrackWriter;
  readonly #sink: TrackSink;
  #placement: Placement | null = null;
  #tap: TappedTrack | null = null;
  /** Packets of this tap that were dropped, so far. */
  #dropped = 0;
  /** And no key frame was asked for since. */
  #hasDropped = false;
  #isMuted: boolean;
  #keyFrameAskedUs = Number.NEGATIVE_INFINITY;
  /** How much there was when one was asked for, so that players need not decode all from there. */
  #seekableMs = 0;
  #clockToldUs = Number.NEGATIVE_INFINITY;
  #countsToldUs = 0;
  #countsTold = -1;
  /** Of the last packet. */
  heardUs = 0;
  packets = 0;

  constructor(publication: TappedPublication, sink: TrackSink, before: TrackBefore) {
    this.id = publication.id;
    this.participantId = publication.participant.id;
    this.kind = publication.kind;
    this.source = publication.source;
    this.#isMuted = publication.muted;
    this.#sink = sink;
    this.writer = new TrackWriter({ trackId: this.id, kind: this.kind }, sink, before);
  }

  get isMuted(): boolean {
    return this.#isMuted;
  }

  /** By how much its frames stand too early in its file, by sender reports of late, µs; null: nobody knows. */
  earlyUs(nowUs: number): number | null {
    if (!this.#placement || nowUs - this.heardUs > RECENT_US) return null;
    return this.#placement.earlyUs;
  }

  get isTapped(): boolean {
    return this.#tap !== null;
  }

  /** Instead of the one before: numbers and timestamps begin anew with it. */
  attach(tap: TappedTrack, nowUs: number): void {
    this.detach();
    this.#tap = tap;
    this.#dropped = tap.dropped;
    this.heardUs = nowUs;
    tap.on('packets', (packets) => {
      if (this.#tap === tap) this.#receive(packets);
    });
    tap.on('close', () => {
      if (this.#tap === tap) this.#tap = null;
    });
    this.refresh(nowUs);
  }

  detach(): void {
    const tap = this.#tap;
    this.#tap = null;
    this.#endPlacement();
    tap?.close();
  }

  /** `ms`: of recorded time. Answers whether it was not so before. */
  setMuted(isMuted: boolean, ms: number): boolean {
    if (this.#isMuted === isMuted) return false;
    this.#isMuted = isMuted;
    this.writer.setMuted(isMuted, ms);
    return true;
  }

  /** Each 200 ms or so. */
  tick(nowUs: number): void {
    this.#guarded((placement) => placement.tick(nowUs));
    this.#askForKeyFrame(nowUs);
    this.#tellCounts(nowUs);
  }

  /** A key frame is wanted, whether or not one is missing: space is there again, a pause is over. */
  refresh(nowUs: number): void {
    if (this.kind !== 'video' || !this.#tap) return;
    this.#keyFrameAskedUs = nowUs;
    this.#hasDropped = false;
    try {
      this.#tap.requestKeyFrame();
    } catch {
      // Its publication has just ended: `close` follows.
    }
  }

  end(nowMs: number): void {
    this.detach();
    this.writer.end(nowMs);
    this.#appendCounts();
  }

  #receive(packets: readonly TappedPacket[]): void {
    this.#lookForDrops();
    for (const packet of packets) {
      if (packet.codec !== this.#placement?.codec) this.#begin(packet.codec);
      this.#guarded((placement) => placement.push(packet));
    }
    const last = packets.at(-1);
    if (!last) return;
    this.packets += packets.length;
    this.heardUs = last.arrivedUs;
    this.#askForKeyFrame(last.arrivedUs);
    this.#tellClock(last.arrivedUs);
  }

  /** What this process was too slow for is missing for a reason of its own. */
  #lookForDrops(): void {
    const dropped = this.#tap?.dropped ?? 0;
    if (dropped <= this.#dropped) return;
    this.#dropped = dropped;
    // What was dropped before anything came is missing for another reason.
    this.writer.wasTooSlow ||= this.#placement !== null;
    this.#hasDropped = true;
    this.#keyFrameAskedUs = Number.NEGATIVE_INFINITY;
  }

  #begin(codec: RecordedCodec): void {
    this.#endPlacement();
    this.#placement = new Placement(codec, (event, us) => this.writer.handle(event, us, codec));
    this.#clockToldUs = Number.NEGATIVE_INFINITY;
  }

  #endPlacement(): void {
    this.#guarded((placement) => placement.flush());
    this.#placement = null;
  }

  /** Packets say what a stranger wants: whatever comes of one, all others are recorded. */
  #guarded(task: (placement: Placement) => void): void {
    if (!this.#placement) return;
    try {
      task(this.#placement);
    } catch (error) {
      const { codec } = this.#placement;
      this.#placement = null;
      this.#sink.failed(error);
      this.writer.handle({ type: 'hole', frames: null }, null, codec);
    }
  }

  #askForKeyFrame(nowUs: number): void {
    if (this.kind !== 'video' || !this.#tap || this.#isMuted || !this.#sink.time.isRunning) return;
    if (nowUs - this.#keyFrameAskedUs < KEY_FRAME_US) return;
    const isNeeded = this.#hasDropped || (this.#placement?.needsKeyFrame ?? true);
    if ((isNeeded && this.#sink.mayWrite()) || this.writer.needsKeyFrame) this.refresh(nowUs);
    else this.#keepSeekable(nowUs);
  }

  /** Of what moves. */
  #keepSeekable(nowUs: number): void {
    const endMs = this.writer.endMs ?? 0;
    if (endMs - Math.max(this.writer.keyFrameMs, this.#seekableMs) <= SEEKABLE_MS) return;
    this.#seekableMs = endMs;
    this.refresh(nowUs);
  }

  #tellClock(nowUs: number): void {
    const placement = this.#placement;
    if (!placement || nowUs - this.#clockToldUs < CLOCK_LINE_US || !this.writer.file) return;
    const ms = this.#sink.time.at(placement.fit.at(placement.lastTimestamp));
    if (ms === null) return;
    this.#clockToldUs = nowUs;
    this.#sink.append({
      type: 'clock',
      t: ms,
      track_id: this.id,
      rtp: placement.lastTimestamp,
      skew_ppm: placement.fit.skewPpm,
    });
  }

  #tellCounts(nowUs: number): void {
    if (nowUs - this.#countsToldUs < COUNTS_LINE_US) return;
    this.#countsToldUs = nowUs;
    this.#appendCounts();
  }

  #appendCounts(): void {
    const { received, written, lost, endMs } = this.writer;
    if (received + lost === this.#countsTold) return;
    this.#countsTold = received + lost;
    const line: ManifestLine = {
      type: 'counts',
      t: endMs ?? 0,
      track_id: this.id,
      frames_received: received,
      frames_written: written,
      frames_lost: lost,
    };
    this.#sink.append(line);
  }
}
