/** Everything a run stands on: the generator, the node with its rooms full, and the ideal forwarder. */
import type { JoinRequest, NodeAnswer } from './node-protocol.js';
import type { ForwardOptions } from './options.js';
import {
  IdealProgram,
  type LoadPeer,
  LoadProgram,
  NodeProgram,
  type Placement,
  type SourceRequest,
} from './programs.js';
import { LEVEL_ID, MID_ID, placeOf, TRANSPORT_CC_ID, writeOffer } from './sdp.js';

/** Where the two sides are. */
export interface Place {
  server: string;
  load: string;
  place: Placement;
}

interface RoomPeers {
  publishers: LoadPeer[];
  subscribers: LoadPeer[];
}

/** SSRCs of publishers begin here. */
const FIRST_SSRC = 1000;
const LOUD = 20;
const QUIET = 100;

export class World {
  readonly load: LoadProgram;
  readonly node: NodeProgram;
  readonly ideal: IdealProgram;
  idealPlace = { address: '', port: 0 };
  /** Bytes of the node's process for each subscription. */
  rssPerSubscription = 0;
  readonly #options: ForwardOptions;
  readonly #where: Place;
  readonly #rooms: RoomPeers[] = [];

  constructor(options: ForwardOptions, where: Place) {
    this.#options = options;
    this.#where = where;
    this.load = new LoadProgram(where.place);
    this.node = new NodeProgram(where.place);
    this.ideal = new IdealProgram(where.place);
  }

  async open(): Promise<void> {
    const { rooms, publishers, subscribers, pacing, kind, loudest } = this.#options;
    const { server, load } = this.#where;
    await this.node.setUp(this.#options, {
      ...{ address: server, pacing, rooms },
      loudest: kind === 'audio' ? loudest : 0,
    });
    for (let room = 0; room < rooms; room += 1) {
      this.#rooms.push({
        publishers: await this.load.addPeers(publishers, load, false, this.#options),
        subscribers: await this.load.addPeers(subscribers, load, true, this.#options),
      });
    }
    await this.#join('publishers');
    const before = (await this.node.read()).rssBytes;
    await this.#join('subscribers');
    const grown = (await this.node.read()).rssBytes - before;
    this.rssPerSubscription = grown / (rooms * subscribers * publishers);
    const port = await this.ideal.setUp(server, this.#options, this.#idealRooms());
    this.idealPlace = { address: server, port };
  }

  /** What the generator sends to the node, or (only what is forwarded) to the ideal forwarder. */
  sources(target: 'node' | 'ideal'): SourceRequest[] {
    const { kind, loudest } = this.#options;
    return this.#rooms.flatMap(({ publishers }, room) =>
      publishers.flatMap(({ peer }, index) => {
        const isLoud = kind === 'video' || loudest === 0 || index < loudest;
        if (target === 'ideal' && !isLoud) return [];
        return sourceOf(this.#options, peer, this.#ssrc(room, index), isLoud);
      }),
    );
  }

  get pacing(): ForwardOptions['pacing'] {
    return this.#options.pacing;
  }

  async close(): Promise<void> {
    await Promise.all([this.load.close(), this.node.close(), this.ideal.close()]);
  }

  #ssrc(room: number, index: number): number {
    return FIRST_SSRC + room * this.#options.publishers + index;
  }

  async #join(role: keyof RoomPeers): Promise<void> {
    const joining = this.#rooms.flatMap((peers, room) =>
      peers[role].map((peer, index) => ({ peer, request: this.#request(role, peer, room, index) })),
    );
    const answers = await this.node.join(joining.map(({ request }) => request));
    await this.load.connect(
      joining.map(({ peer }, index) => ({
        peer: peer.peer,
        ...placeOf(answers[index] as NodeAnswer),
      })),
    );
  }

  #request(role: keyof RoomPeers, peer: LoadPeer, room: number, index: number): JoinRequest {
    const { kind, transport, profile, publishers, pacing } = this.#options;
    const publishes = role === 'publishers';
    const ssrc = this.#ssrc(room, index);
    const joins = { room, id: `${role}-${index}`, publishes };
    if (transport === 'plain') {
      const plain = { profile, up: peer.plainUp, down: peer.plainDown };
      const remote = { address: this.#where.load, port: peer.port };
      return { ...joins, remote, plain, kind, ssrc };
    }
    const media = publishes
      ? [{ kind, mid: '0', ssrc }]
      : Array.from({ length: publishers }, (_, mid) => ({ kind, mid: `${mid}` }));
    return { ...joins, sdp: writeOffer(peer, media, { transportCc: pacing === 'gcc' }) };
  }

  #idealRooms() {
    const forwarded = new Set(this.sources('ideal').map(({ ssrc }) => ssrc));
    return this.#rooms.map(({ publishers, subscribers }, room) => ({
      sources: publishers
        .map((_, index) => this.#ssrc(room, index))
        .filter((ssrc) => forwarded.has(ssrc)),
      sinks: subscribers.map(({ peer, port }) => ({
        address: this.#where.load,
        port,
        key: peer,
      })),
    }));
  }
}

/** The stream of a publisher as the options have it. */
export function sourceOf(
  { kind, rate, frame, bytes, transport, pacing }: ForwardOptions,
  peer: number,
  ssrc: number,
  isLoud = true,
): SourceRequest {
  const extension = (id: number, isWanted: boolean) =>
    transport === 'webrtc' && isWanted ? id : 0;
  return {
    ...{ peer, ssrc, height: 720, packetBytes: bytes },
    video: kind === 'video' ? 1 : 0,
    framesPerS: rate / frame,
    framePackets: frame,
    midId: extension(MID_ID, true),
    ridId: 0,
    transportCcId: extension(TRANSPORT_CC_ID, pacing === 'gcc'),
    levelId: extension(LEVEL_ID, kind === 'audio'),
    mid: '0',
    rid: '-',
    level: isLoud ? LOUD : QUIET,
  };
}
