/**
 * One run of a scenario with one seed. Time moves in windows no longer than the shortest way, so
 * that nothing sent within a window can arrive within it; a window ends where feedback reaches a
 * sender, so that the controller answers at that very time.
 */
import type { Event } from '../../lib/engine/contract.gen.js';
import type { Handle } from '../../lib/engine/handle.js';
import type { Conditions } from './conditions.js';
import { CrossEndpoint, type SegmentSent } from './cross-traffic.js';
import { EngineWire, type PacketOut } from './engine-wire.js';
import { EventHeap } from './event-heap.js';
import type { FlowRecord } from './flow-record.js';
import { Link, type Passage, Way } from './link.js';
import { MediaEndpoint } from './media-endpoint.js';
import { makeRandom, type Random } from './random.js';
import type { Direction } from './scenario-file.js';
import { SEGMENT_WIRE_BYTES } from './tcp-flow.js';

/** IPv6 and UDP. */
const ADDRESS_BYTES = 48;
const MAX_WINDOW_US = 25_000;

export interface RunRecord {
  readonly flows: readonly FlowRecord[];
}

interface Arrival {
  readonly end: MediaEndpoint;
  readonly bytes: Uint8Array;
}

/** Something that reaches a bottleneck. */
type Departure = { readonly atUs: number } & (
  | { readonly packet: PacketOut; readonly end: MediaEndpoint }
  | { readonly sent: SegmentSent; readonly cross: CrossEndpoint }
);

export async function simulate(conditions: Conditions, seed: number): Promise<RunRecord> {
  const wire = new EngineWire(seed);
  try {
    const simulation = new Simulation(wire, conditions, seed);
    await simulation.run();
    return { flows: simulation.records };
  } finally {
    wire.close();
  }
}

class Simulation {
  readonly #wire: EngineWire;
  readonly #conditions: Conditions;
  readonly #links: Partial<Record<Direction, Link>>;
  readonly #media: MediaEndpoint[];
  readonly #cross: CrossEndpoint[];
  readonly #ways: { there: Way; back: Way }[];
  /** What is under way to the far ends, and back to the senders. */
  readonly #outward = new EventHeap<Arrival>();
  readonly #returning = new EventHeap<Arrival>();
  readonly #feedbackLoss: Random;
  readonly #windowUs: number;
  #nowUs = 0;

  constructor(wire: EngineWire, conditions: Conditions, seed: number) {
    const random = (purpose: string) => makeRandom(seed, purpose);
    this.#wire = wire;
    this.#conditions = conditions;
    this.#feedbackLoss = random('feedback loss');
    const { forward, backward } = conditions.links;
    this.#links = {
      ...(forward ? { forward: new Link(forward, random('loss forward')) } : {}),
      ...(backward ? { backward: new Link(backward, random('loss backward')) } : {}),
    };
    const way = (id: string, delayUs: number) => ({
      there: new Way(delayUs, conditions.jitter, random(`${id} there`)),
      back: new Way(delayUs, conditions.jitter, random(`${id} back`)),
    });
    this.#ways = conditions.media.map(({ id, delayUs }) => way(id, delayUs));
    this.#media = conditions.media.map(
      (flow, index) =>
        new MediaEndpoint(wire, { index, flow, conditions, random: random(`${flow.id} source`) }),
    );
    this.#cross = conditions.cross.map((flow) => {
      const { there, back } = way(flow.id, conditions.delayUs);
      return new CrossEndpoint(
        flow,
        { forward: there, backward: back },
        random(`${flow.id} files`),
      );
    });
    const delays = [...conditions.media.map(({ delayUs }) => delayUs), conditions.delayUs];
    const shortestUs = Math.min(...delays) - conditions.jitter.halfWidthUs;
    this.#windowUs = Math.min(MAX_WINDOW_US, shortestUs);
  }

  get records(): FlowRecord[] {
    return [...this.#media, ...this.#cross].map(({ record }) => record);
  }

  async run(): Promise<void> {
    while (this.#nowUs < this.#conditions.durationUs) {
      const endUs = this.#windowEnd();
      const departures = this.#crossDepartures(endUs);
      this.#fillBatch(endUs);
      const { packets, events } = await this.#wire.run();
      this.#nowUs = endUs;
      for (const packet of packets) this.#addDeparture(departures, packet);
      departures.sort((a, b) => a.atUs - b.atUs);
      for (const departure of departures) this.#depart(departure);
      for (const event of events) this.#handleEvent(event);
      for (const end of this.#media) end.handleTimeout(endUs);
    }
  }

  #windowEnd(): number {
    const endUs = Math.min(this.#nowUs + this.#windowUs, this.#conditions.durationUs);
    return Math.min(endUs, Math.max(this.#returning.nextUs, this.#nowUs));
  }

  #crossDepartures(endUs: number): Departure[] {
    return this.#cross.flatMap((cross) =>
      cross.advance(endUs).map((sent) => ({ atUs: sent.atUs, sent, cross })),
    );
  }

  /** Everything that reaches the engine until the end of the window, in the order of time. */
  #fillBatch(endUs: number): void {
    let clockUs = this.#nowUs;
    const moveTo = (atUs: number) => {
      if (Math.round(atUs) > Math.round(clockUs)) this.#wire.advance(atUs);
      clockUs = Math.max(clockUs, atUs);
    };
    for (;;) {
      const source = this.#nextSource();
      const frameUs = source?.nextFrameUs ?? Number.POSITIVE_INFINITY;
      const outwardUs = this.#outward.nextUs;
      const returningUs = this.#returning.nextUs;
      const atUs = Math.min(frameUs, outwardUs, returningUs);
      if (atUs > endUs) break;
      moveTo(atUs);
      if (atUs === frameUs) source?.sendFrame();
      else if (atUs === outwardUs) this.#arrive(this.#outward, 'far');
      else this.#arrive(this.#returning, 'subscriber');
    }
    moveTo(endUs);
  }

  #nextSource(): MediaEndpoint | undefined {
    let next: MediaEndpoint | undefined;
    for (const end of this.#media) {
      if (end.nextFrameUs < (next?.nextFrameUs ?? Number.POSITIVE_INFINITY)) next = end;
    }
    return next;
  }

  #arrive(heap: EventHeap<Arrival>, at: 'far' | 'subscriber'): void {
    const arrival = heap.pop(Number.POSITIVE_INFINITY)?.item;
    if (!arrival) return;
    const { end, bytes } = arrival;
    this.#wire.packetIn(end.handles[at], bytes.length, (into, offset) => into.set(bytes, offset));
  }

  #addDeparture(departures: Departure[], packet: PacketOut): void {
    const end = this.#endOf(packet.transport);
    if (packet.transport === end?.handles.publisher) end.handlePublisherFeedback(packet.bytes);
    else if (end) departures.push({ atUs: packet.atUs, packet, end });
  }

  #endOf(transport: Handle): MediaEndpoint | undefined {
    return this.#media.find((end) => end.isOf(transport));
  }

  #depart(departure: Departure): void {
    const { atUs } = departure;
    if ('sent' in departure) {
      const passage = this.#links.forward?.pass(atUs, SEGMENT_WIRE_BYTES);
      if (!passage) throw new Error('cross traffic needs a forward link');
      departure.cross.handlePassage(departure.sent, passage.waitUs, passage.departedUs);
      return;
    }
    const { packet, end } = departure;
    if (packet.transport === end.handles.subscriber) this.#departOutward(packet, end);
    else this.#departBack(packet, end);
  }

  #departOutward({ atUs, bytes }: PacketOut, end: MediaEndpoint): void {
    const size = bytes.length + ADDRESS_BYTES;
    const passage = this.#pass(end.flow.direction, atUs, size);
    const way = this.#ways[this.#media.indexOf(end)]?.there;
    const isArriving = passage.departedUs !== undefined && way !== undefined;
    const arrivedUs = isArriving ? way.arrivalUs(passage.departedUs) : Number.NaN;
    if (!isRtcp(bytes)) {
      end.record.add(atUs, size, passage.waitUs, arrivedUs);
      end.noteDeparture(bytes, atUs, size);
    }
    if (!isArriving) return;
    this.#outward.push(arrivedUs, { end, bytes });
    if (!isRtcp(bytes)) end.noteArrival(bytes, atUs, arrivedUs);
  }

  #departBack({ atUs, bytes }: PacketOut, end: MediaEndpoint): void {
    const direction = end.flow.direction === 'forward' ? 'backward' : 'forward';
    const passage = this.#pass(direction, atUs, bytes.length + ADDRESS_BYTES);
    const isLost = this.#feedbackLoss.uniform() < this.#conditions.feedbackLossShare;
    const way = this.#ways[this.#media.indexOf(end)]?.back;
    if (passage.departedUs === undefined || isLost || !way) return;
    this.#returning.push(way.arrivalUs(passage.departedUs), { end, bytes });
  }

  /** A direction without a bottleneck lets everything pass at once. */
  #pass(direction: Direction, atUs: number, bytes: number): Passage {
    return this.#links[direction]?.pass(atUs, bytes) ?? { waitUs: 0, departedUs: atUs };
  }

  #handleEvent(event: Event): void {
    if (event.type === 'congestionFeedback') {
      this.#endOf(event.transport)?.handleFeedback(event, this.#nowUs);
    } else if (event.type === 'layerRates') {
      const { publication } = event;
      this.#media.find((end) => end.handles.publication === publication)?.handleLayerRates(event);
    } else if (event.type === 'subscriptionState') {
      const { subscription } = event;
      this.#media
        .find((end) => end.handles.subscription === subscription)
        ?.handleSubscriptionState(event);
    }
  }
}

/** RFC 5761 §4. */
function isRtcp(bytes: Uint8Array): boolean {
  return (bytes[1] ?? 0) >= 192 && (bytes[1] ?? 0) <= 223;
}
