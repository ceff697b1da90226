/** One media flow of a scenario: a room with a camera, and a viewer in a browser behind the link. */
import { once } from 'node:events';
import type { Page } from 'playwright-core';
import type { MediaNode, Participant, Room } from '../../lib/index.js';
import type { MediaFlow } from '../scorecard/conditions.js';
import { makeRandom } from '../scorecard/random.js';
import { VideoSource } from '../scorecard/video-source.js';
import { Camera, TRACKS } from './camera.js';
import { nowUs } from './delay-line.js';
import { receive } from './receiver.js';

const VIEWER = 'viewer';
/** The source stays so far below the estimate that the node need not pause it. */
const SHARE = 0.9;

export interface FlowSetting {
  readonly flow: MediaFlow;
  /** Until there is an estimate. */
  readonly startBps: number;
  readonly node: MediaNode;
  readonly page: Page;
}

export class RunningFlow {
  /** Of what the viewer is sent. */
  readonly ssrcs: readonly number[];
  readonly flow: MediaFlow;
  readonly #room: Room;
  readonly #viewer: Participant;
  readonly #camera: Camera;
  readonly #source: VideoSource;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    { flow, startBps }: FlowSetting,
    viewer: Participant,
    camera: Camera,
    sdp: string,
  ) {
    this.flow = flow;
    this.#viewer = viewer;
    this.#room = viewer.room;
    this.#camera = camera;
    this.ssrcs = [...sdp.matchAll(/^a=ssrc:(\d+)/gm)].map(([, ssrc]) => Number(ssrc));
    const random = makeRandom(1, `${flow.id} source`);
    this.#source = new VideoSource(flow.source, random, nowUs(), SHARE * startBps);
    this.#tick();
  }

  /** Gives it when the browser is connected and the first frame was sent. */
  static async start(setting: FlowSetting): Promise<RunningFlow> {
    const { node, page, flow } = setting;
    const room = node.createRoom({ id: flow.id });
    const camera = await Camera.open(room.addParticipant({ id: 'camera' }));
    const viewer = room.addParticipant({ id: VIEWER });
    const { subscribeTransport } = viewer;
    const connection = { id: flow.id, videos: TRACKS };
    const sdp = await receive(page, connection, async (offer) => {
      const answer = await subscribeTransport.answer({ sdp: offer });
      return answer.sdp;
    });
    while (subscribeTransport.state !== 'connected') await once(subscribeTransport, 'state');
    return new RunningFlow(setting, viewer, camera, sdp);
  }

  /** What the node thinks that the way carries, bit/s; 0 while unknown. */
  follow(estimateBps: number): void {
    if (estimateBps > 0) this.#source.targetBps = SHARE * estimateBps;
  }

  get id(): string {
    return this.#room.id;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#room.close();
    this.#camera.close();
  }

  #tick(): void {
    while (this.#source.nextFrameUs <= nowUs()) {
      this.#camera.sendFrame(this.#source, this.#viewer);
    }
    const waitMs = Math.max(0, (this.#source.nextFrameUs - nowUs()) / 1000);
    this.#timer = setTimeout(() => this.#tick(), waitMs);
  }
}

/** The estimates of all rooms of a node, by room. */
export function estimatesOf(node: MediaNode): Map<string, number> {
  const viewers = node.stats().transports.filter((row) => row.participantId === VIEWER);
  return new Map(viewers.map((row) => [row.roomId, row.availableOutgoingBitrate]));
}
