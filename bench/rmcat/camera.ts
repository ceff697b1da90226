/**
 * A program that publishes by PlainTransport and follows the viewer's estimate. The node pauses a
 * track that takes more than the estimate, and lets it come again a second later at the soonest; an
 * encoder of the scenarios only slows down. So the program has several tracks: one carries the
 * media, the others hardly anything; when the one is paused, the next goes on with its next frame.
 * The viewer prefers the others, so that there is room for them, and hides for a while the one that
 * was just paused: the node goes on for seconds to want, and to probe for, what it took.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Participant, PlainTransport } from '../../lib/index.js';
import type { VideoSource } from '../scorecard/video-source.js';
import {
  keyFrameRequests,
  PAYLOAD_TYPE,
  RTP_HEADER,
  Vp8Packets,
} from '../scorecard/vp8-packets.js';

export const TRACKS = 3;
/** What the node adds when it measures a track: IPv4, UDP and the longest SRTP tag. */
const METERED_BYTES = 28 + 16;
const SPARE_BYTES = 20;
/** A spare track has a frame for so many of the others. */
const SPARE_EVERY = 6;
const FIRST_SSRC = 1000;
const PRIORITY = { spare: 150, main: 100 };
/** So many frames a track that was left is hidden. */
const LEFT_FRAMES = 90;

interface Track {
  readonly id: string;
  readonly packets: Vp8Packets;
  /** Counts down while it was just left. */
  leftFrames: number;
}

export class Camera {
  readonly #socket: Socket;
  readonly #transport: PlainTransport;
  readonly #tracks: readonly Track[];
  readonly #buffer = Buffer.alloc(1500);
  #main = 0;
  #frames = 0;

  private constructor(socket: Socket, transport: PlainTransport, tracks: readonly Track[]) {
    this.#socket = socket;
    this.#transport = transport;
    this.#tracks = tracks;
    socket.on('message', (compound) => this.#handleRtcp(compound));
    socket.on('error', () => {});
  }

  static async open(participant: Participant): Promise<Camera> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const remote = { address: '127.0.0.1', port: socket.address().port };
    const transport = await participant.createPlainTransport({ remote });
    const tracks: Track[] = [];
    for (let index = 0; index < TRACKS; index += 1) {
      const ssrc = FIRST_SSRC + index;
      const codec = { payloadType: PAYLOAD_TYPE, codec: 'vp8', feedback: ['pli'] } as const;
      const { id } = await transport.publish({
        kind: 'video',
        source: 'camera',
        codecs: [codec],
        ssrc,
      });
      tracks.push({ id, packets: new Vp8Packets(ssrc, 0), leftFrames: 0 });
    }
    return new Camera(socket, transport, tracks);
  }

  /** The next frame of the source. */
  sendFrame(source: VideoSource, viewer: Participant): void {
    const timestamp = Math.round(0.09 * source.nextFrameUs) >>> 0;
    const sizes = source.nextFrame(RTP_HEADER + METERED_BYTES);
    this.#chooseMain(viewer);
    this.#prefer(viewer);
    this.#frames += 1;
    for (const [index, track] of this.#tracks.entries()) {
      if (index === this.#main) this.#send(track, sizes, timestamp);
      else if (this.#frames % SPARE_EVERY === index) this.#send(track, [SPARE_BYTES], timestamp);
    }
  }

  close(): void {
    this.#socket.close();
  }

  /** The next one that flows; where none does, the one that did keeps trying. */
  #chooseMain({ subscriptions }: Participant): void {
    for (let step = 0; step < TRACKS; step += 1) {
      const index = (this.#main + step) % TRACKS;
      const track = this.#tracks[index];
      if (subscriptions.get(track?.id ?? '')?.state !== 'active') continue;
      const left = this.#tracks[this.#main];
      if (step > 0 && left) left.leftFrames = LEFT_FRAMES;
      this.#main = index;
      return;
    }
  }

  #prefer({ subscriptions }: Participant): void {
    for (const [index, track] of this.#tracks.entries()) {
      track.leftFrames = Math.max(0, track.leftFrames - 1);
      const priority = index === this.#main ? PRIORITY.main : PRIORITY.spare;
      const visible = index === this.#main || track.leftFrames === 0;
      const subscription = subscriptions.get(track.id);
      const { settings } = subscription ?? {};
      const isSame = settings?.priority === priority && settings.visible === visible;
      if (!isSame) subscription?.set({ priority, visible });
    }
  }

  #send({ packets }: Track, sizes: readonly number[], timestamp: number): void {
    const { port, address } = this.#transport.local;
    for (const [packet, size] of sizes.entries()) {
      const [isFirst, isLast] = [packet === 0, packet === sizes.length - 1];
      packets.write(this.#buffer, 0, { size, isFirst, isLast, timestamp });
      const bytes = Buffer.from(this.#buffer.subarray(0, RTP_HEADER + size));
      this.#socket.send(bytes, port, address);
    }
  }

  #handleRtcp(compound: Buffer): void {
    for (const ssrc of keyFrameRequests(compound)) {
      for (const { packets } of this.#tracks) {
        if (packets.ssrc === ssrc) packets.isKeyFrameWanted = true;
      }
    }
  }
}
