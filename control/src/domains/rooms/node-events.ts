import { isDeepStrictEqual } from 'node:util';
import type {
  NodeEvent,
  PublicationDescription,
  PublicationLayer,
} from '../../nodes/node-client.js';
import type { Publication } from '../../schemas/values.js';
import { EndpointSeat } from './endpoint-seat.js';
import { holdSilence, muteByHost } from './rights.js';
import type { Room } from './room.js';
import { type PlainType, type Written, write } from './seat.js';

type EventOf<Type extends NodeEvent['type']> = Extract<NodeEvent, { type: Type }>;
type Handlers = { [Type in NodeEvent['type']]: (room: Room, event: EventOf<Type>) => void };

/** What the room tells its participants about each event of its node. */
const handlers: Handlers = {
  publication_added(room, { publication }) {
    endpointOf(room, publication.participantId)?.announce();
    const shown = toPublication(publication);
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
    if (publication === undefined) return;
    const shown = layers.map(toLayer);
    const changes = {
      ...(publication.muted === muted ? {} : { muted }),
      ...(isDeepStrictEqual(publication.layers, shown) ? {} : { layers: shown }),
    };
    if (Object.keys(changes).length === 0) return;
    Object.assign(publication, changes);
    room.broadcast('publication.updated', { publication_id: publicationId, ...changes });
    if (changes.muted) fellSilent(room, publication);
  },
  publication_removed(room, { publicationId, participantId, reason }) {
    const publication = room.publications.get(publicationId);
    if (publication === undefined) return;
    room.publications.delete(publicationId);
    room.broadcast('publication.removed', { publication_id: publicationId, reason });
    room.floor.publicationEnded(publicationId);
    if (byThemselves.includes(reason)) fellSilent(room, publication);
    note(room, 'publication.removed', participantId, { publication_id: publicationId, reason });
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

/** What a host has switched off stays off, also when it is published anew. */
function keepMuted(room: Room, { participant_id, source }: Publication): void {
  const seat = room.seats.get(participant_id);
  if (!seat?.mutedByHost.has(source)) return;
  muteByHost(room, seat, source).catch((error) => room.context.report(error, 'mute'));
  seat.emit(write('moderated', { action: 'muted', by: null, detail: { source } }));
}

/** Why a publication ends that its publisher takes away; else the person, or its path, is gone. */
const byThemselves = ['removed', 'ended'];

function fellSilent(room: Room, { participant_id, source }: Publication): void {
  const seat = room.seats.get(participant_id);
  if (seat !== undefined && source === 'microphone') holdSilence(room, seat);
}

function tell(room: Room, participantId: string, message: Written<PlainType>): void {
  room.seats.get(participantId)?.tell(message);
}

function note(room: Room, type: string, participantId: string, payload: object): void {
  room.record(type, participantId, payload).catch((error) => room.context.report(error, type));
}
