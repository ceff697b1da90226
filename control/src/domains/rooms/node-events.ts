import type {
  NodeEvent,
  PublicationDescription,
  PublicationLayer,
} from '../../nodes/node-client.js';
import type { Publication } from '../../schemas/values.js';
import { EndpointSeat } from './endpoint-seat.js';
import { comesAgain, fellSilent, keepMuted, note, remove, update } from './publications.js';
import type { Room } from './room.js';
import { type PlainType, type Written, write } from './seat.js';

type EventOf<Type extends NodeEvent['type']> = Extract<NodeEvent, { type: Type }>;
type Handlers = { [Type in NodeEvent['type']]: (room: Room, event: EventOf<Type>) => void };

/** What the room tells its participants about each event of its node. */
const handlers: Handlers = {
  publication_added(room, { publication }) {
    endpointOf(room, publication.participantId)?.announce();
    const shown = toPublication(publication);
    if (room.media.awaited.delete(shown.publication_id)) {
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
  publish_layers(room, { participantId, epoch, publicationId, encodings }) {
    const wanted = encodings.map(({ maxBitrateBps, ...encoding }) => ({
      ...encoding,
      ...(maxBitrateBps === undefined ? {} : { max_bitrate_bps: maxBitrateBps }),
    }));
    const layers = { epoch, publication_id: publicationId, encodings: wanted };
    tell(room, participantId, write('publish.layers', layers));
  },
  subscribe_offer(room, { participantId, epoch, rev, sdp, map }) {
    const slots = map.map(({ mid, publicationId }) => ({ mid, publication_id: publicationId }));
    tell(room, participantId, write('subscribe.offer', { epoch, rev, sdp, map: slots }));
  },
  subscribe_map(room, { participantId, epoch, rev, map }) {
    const slots = map.map(({ mid, publicationId }) => ({ mid, publication_id: publicationId }));
    room.seats.get(participantId)?.emit(write('subscribe.map', { epoch, rev, map: slots }));
  },
  subscription_state(room, { participantId, epoch, items }) {
    const states = items.map(({ publicationId, ...state }) => ({
      publication_id: publicationId,
      ...state,
    }));
    tell(room, participantId, write('subscription.state', { epoch, items: states }));
  },
  quality(room, { items }) {
    const qualities = items.map(({ participantId, uplinkLoss, downlinkLoss, rttMs, score }) => ({
      participant_id: participantId,
      score,
      uplink_loss: uplinkLoss,
      downlink_loss: downlinkLoss,
      rtt_ms: rttMs,
    }));
    room.qualities.tell(qualities, room.seats.values());
  },
  speakers(room, { items, dominant }) {
    const speakers = items.map(({ participantId, ...reading }) => ({
      participant_id: participantId,
      ...reading,
    }));
    room.whisper('speakers', { items: speakers, dominant });
  },
  /** A person's client sees its transports fail sooner than we do, and asks for a restart. */
  transport_state(room, { participantId, direction, state }) {
    const endpoint = endpointOf(room, participantId);
    if (endpoint?.direction === direction) endpoint.transportIs(state);
  },
};

export function handleNodeEvent(room: Room, event: NodeEvent): void {
  if (event.epoch !== room.key.epoch) return;
  (handlers[event.type] as (room: Room, event: NodeEvent) => void)(room, event);
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

function tell(room: Room, participantId: string, message: Written<PlainType>): void {
  room.seats.get(participantId)?.tell(message);
}
