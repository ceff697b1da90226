import type {
  NodeEvent,
  PublicationDescription,
  PublicationLayer,
} from '../../nodes/node-client.js';
import type { Publication } from '../../schemas/values.js';
import { EndpointSeat } from './endpoint-seat.js';
import type { MediaPlace } from './media-place.js';
import { comesAgain, fellSilent, keepMuted, note, remove, update } from './publications.js';
import type { Room } from './room.js';
import { type PlainType, type Seat, type Written, write } from './seat.js';

type EventOf<Type extends NodeEvent['type']> = Extract<NodeEvent, { type: Type }>;
/** What links say is told whether or not the copy is the present one of its place. */
type RoomEventType = Exclude<NodeEvent['type'], 'link_said'>;
type Handlers = {
  [Type in RoomEventType]: (room: Room, event: EventOf<Type>, place: MediaPlace) => void;
};

/** What the room tells its participants about each event of its node. */
const handlers: Handlers = {
  publication_added(room, { publication }) {
    endpointOf(room, publication.participantId)?.announce();
    const shown = toPublication(publication);
    if (room.awaited.delete(shown.publication_id)) {
      comesAgain(room, shown);
      return;
    }
    room.publications.set(shown.publication_id, shown);
    room.broadcast('publication.added', shown);
    room.floor.publicationAdded(shown);
    keepMuted(room, shown);
    if (shown.muted) fellSilent(room, shown);
    const { publication_id, kind, source } = shown;
    note(room, 'publication.added', shown.participant_id, { publication_id, kind, source });
  },
  publication_updated(room, { publicationId, muted, layers }) {
    const publication = room.publications.get(publicationId);
    if (publication !== undefined)
      update(room, publication, { muted, layers: layers.map(toLayer) });
  },
  publication_removed(room, { publicationId, participantId, reason }) {
    if (room.publications.get(publicationId)?.participant_id !== participantId) return;
    remove(room, publicationId, reason);
  },
  publish_layers(room, { participantId, publicationId, encodings }) {
    const wanted = encodings.map(({ maxBitrateBps, ...encoding }) => ({
      ...encoding,
      ...(maxBitrateBps === undefined ? {} : { max_bitrate_bps: maxBitrateBps }),
    }));
    const layers = { publication_id: publicationId, encodings: wanted };
    tell(room, participantId, ({ epoch }) => write('publish.layers', { epoch, ...layers }));
  },
  subscribe_offer(room, { participantId, rev, sdp, map }) {
    const slots = map.map(({ mid, publicationId }) => ({ mid, publication_id: publicationId }));
    tell(room, participantId, ({ epoch }) =>
      write('subscribe.offer', { epoch, rev, sdp, map: slots }),
    );
  },
  subscribe_map(room, { participantId, rev, map }) {
    const slots = map.map(({ mid, publicationId }) => ({ mid, publication_id: publicationId }));
    const seat = room.seats.get(participantId);
    seat?.emit(write('subscribe.map', { epoch: seat.epoch, rev, map: slots }));
  },
  subscription_state(room, { participantId, items }) {
    const states = items.map(({ publicationId, ...state }) => ({
      publication_id: publicationId,
      ...state,
    }));
    tell(room, participantId, ({ epoch }) => write('subscription.state', { epoch, items: states }));
  },
  quality(room, { items }, place) {
    const qualities = items.map(({ participantId, uplinkLoss, downlinkLoss, rttMs, score }) => ({
      participant_id: participantId,
      score,
      uplink_loss: uplinkLoss,
      downlink_loss: downlinkLoss,
      rtt_ms: rttMs,
    }));
    room.qualities.tell(place, qualities, room.seats.values());
  },
  /** Every node hears all of them, and tells its own people. */
  speakers(room, { items, dominant }, place) {
    const speakers = items.map(({ participantId, ...reading }) => ({
      participant_id: participantId,
      ...reading,
    }));
    if (place === room.media) room.recorder.speaks(dominant);
    const seats = room.places.length === 1 ? room.seats.values() : room.seatsAt(place);
    room.whisper('speakers', { items: speakers, dominant }, seats);
  },
  /** A person's client sees its transports fail sooner than we do, and asks for a restart. */
  transport_state(room, { participantId, direction, state }) {
    const endpoint = endpointOf(room, participantId);
    if (endpoint?.direction === direction) endpoint.transportIs(state);
  },
};

export function handleNodeEvent(room: Room, nodeId: string, event: NodeEvent): void {
  const { type, epoch } = event;
  if (type === 'link_said') {
    room.links.said({ nodeId, epoch }, event.linkId, event.word);
    return;
  }
  const place = room.placeAt(nodeId, epoch);
  if (place === undefined) return;
  const handle = handlers[type] as (room: Room, event: NodeEvent, place: MediaPlace) => void;
  handle(room, event, place);
}

export function toPublication(publication: PublicationDescription): Publication {
  return {
    publication_id: publication.publicationId,
    participant_id: publication.participantId,
    kind: publication.kind,
    source: publication.source,
    muted: publication.muted,
    codec: publication.codec,
    layers: publication.layers.map(toLayer),
  };
}

function toLayer({ maxBitrateBps, ...layer }: PublicationLayer): Publication['layers'][number] {
  return maxBitrateBps === undefined ? layer : { ...layer, max_bitrate_bps: maxBitrateBps };
}

function endpointOf(room: Room, participantId: string): EndpointSeat | null {
  const seat = room.seats.get(participantId);
  return seat instanceof EndpointSeat ? seat : null;
}

function tell(
  room: Room,
  participantId: string,
  message: (seat: Seat) => Written<PlainType>,
): void {
  const seat = room.seats.get(participantId);
  seat?.tell(message(seat));
}
