import { ControlError } from '../../control-error.js';
import type { NodeClient, SubscriptionWish, TrackDeclaration } from '../../nodes/node-client.js';
import type {
  ClientPayloads,
  TrackDeclaration as DeclaredTrack,
} from '../../schemas/client-messages.js';
import type { Kind, Source } from '../../schemas/values.js';
import { forgetAwaited, muteAt, unmuteByHost } from '../rooms/service.js';
import { type CommandContext, type Handler, ok, type RoomCommand } from './command.js';
import { moderationCommands } from './moderation-commands.js';
import { recordingCommands } from './recording-commands.js';

const screenPriority = 200;
const defaultPriority = 100;
const kindOf: Record<Source, Kind> = {
  microphone: 'audio',
  camera: 'video',
  screen: 'video',
  screen_audio: 'audio',
};

/** Every command of a participant in a room. Handlers throw ControlError or NodeError. */
export const commands: { [Type in RoomCommand]: Handler<Type> } = {
  async 'publish.offer'(context, { epoch, rev, sdp, tracks }) {
    checkEpoch(context, epoch);
    for (const track of tracks) checkTrack(context, track);
    const answer = await nodeOf(context).publishOffer({
      ...participantRef(context),
      rev,
      sdp,
      tracks: tracks.map((track) => ({ ...toDeclaration(track), ...knownAs(context, track) })),
    });
    const publications = answer.publications.map(({ cid, publicationId, mid }) => ({
      cid,
      publication_id: publicationId,
      mid,
    }));
    return { t: 'publish.answer', d: { epoch, rev, sdp: answer.sdp, publications } };
  },

  async 'publish.update'(context, { publication_id, muted }) {
    const { room, seat } = context;
    const publication = room.publications.get(publication_id);
    const isHeld = publication !== undefined && seat.mutedByHost.has(publication.source);
    if (!muted && isHeld && publication.participant_id === seat.id) {
      if (!seat.grants.unmute) {
        throw new ControlError('role_required', 'A host has switched it off.');
      }
      await unmuteByHost(room, seat, publication.source);
    }
    await muteAt(room, seat, { publicationId: publication_id, muted, by: 'participant' });
    return ok;
  },

  async 'publish.remove'(context, { publication_id }) {
    await removePublication(context, publication_id);
    return ok;
  },

  async 'subscribe.answer'(context, { epoch, rev, sdp }) {
    checkEpoch(context, epoch);
    await nodeOf(context).subscribeAnswer({ ...participantRef(context), rev, sdp });
    return ok;
  },

  async 'subscribe.restart'(context, { epoch }) {
    checkEpoch(context, epoch);
    await nodeOf(context).subscribeRestart(participantRef(context));
    return ok;
  },

  async 'subscription.set'(context, { items }) {
    const wishes = items.map((item) => toWish(context, item));
    await nodeOf(context).subscriptionSet({ ...participantRef(context), items: wishes });
    return ok;
  },

  async 'media.lost'(context, { epoch, ticket }) {
    checkEpoch(context, epoch);
    await context.relocation.mediaLost(context.room, context.seat, ticket);
    return ok;
  },

  async 'migrate.done'(context, { epoch }) {
    checkEpoch(context, epoch);
    context.relocation.arrived(context.room, context.seat);
    return ok;
  },

  async 'chat.send'({ chat, room, seat }, wanted, commandId) {
    await chat.send(room, seat, wanted, commandId);
    return ok;
  },

  async 'hand.set'({ moderation, room, seat }, { raised }) {
    moderation.stage.setHand(room, seat, raised);
    return ok;
  },

  async reaction({ room, seat }, { name }) {
    room.whisper('reaction', { participant_id: seat.id, name });
    return ok;
  },

  ...moderationCommands,
  ...recordingCommands,
};

/** Has no answer: a candidate that is of no use is dropped. */
export function noteCandidate(context: CommandContext, note: ClientPayloads['candidate']): void {
  if (note.epoch !== context.seat.epoch) return;
  const { epoch: _, ...candidate } = note;
  nodeOf(context)
    .candidate({ ...participantRef(context), ...candidate })
    .catch(() => {});
}

/** What it was called before the room moved: for the others it is the same. */
function knownAs({ room, seat }: CommandContext, { source }: DeclaredTrack): { id?: string } {
  const known = [...room.awaited.keys()]
    .map((id) => room.publications.get(id))
    .find((one) => one?.participant_id === seat.id && one.source === source);
  return known === undefined ? {} : { id: known.publication_id };
}

async function removePublication(context: CommandContext, publicationId: string): Promise<void> {
  const { room, seat } = context;
  const { id: participantId } = seat;
  if (room.publications.get(publicationId)?.participant_id === seat.id) {
    if (forgetAwaited(room, publicationId, 'removed')) return;
  }
  await room
    .placeOf(seat)
    .everywhere((node, ref) => node.publishRemove({ ...ref, participantId, publicationId }));
}

function participantRef({ room, seat }: CommandContext) {
  return { ...room.placeOf(seat).ref, participantId: seat.id };
}

/** The node that has the transports of whoever asks. */
function nodeOf({ room, seat }: CommandContext): NodeClient {
  return room.placeOf(seat).client;
}

function checkEpoch({ seat }: CommandContext, epoch: number): void {
  if (epoch !== seat.epoch) {
    throw new ControlError('stale_epoch', `Your transports are of epoch ${seat.epoch}.`);
  }
}

function checkTrack({ seat }: CommandContext, track: DeclaredTrack): void {
  if (kindOf[track.source] !== track.kind) {
    throw new ControlError('bad_message', `A ${track.source} is ${kindOf[track.source]}.`);
  }
  if (!seat.grants.publish.includes(track.source)) {
    throw new ControlError('role_required', `You may not publish a ${track.source}.`);
  }
}

function toDeclaration({ encodings, ...track }: DeclaredTrack): TrackDeclaration {
  const { mid, cid, kind, source, muted, dtx, red } = track;
  return {
    ...{ mid, cid, kind, source, muted },
    ...(encodings === undefined ? {} : { encodings: encodings.map(toEncoding) }),
    ...(dtx === undefined ? {} : { dtx }),
    ...(red === undefined ? {} : { red }),
  };
}

function toEncoding(declared: NonNullable<DeclaredTrack['encodings']>[number]) {
  const { rid, max_bitrate_bps, max_fps, scale } = declared;
  return {
    ...(rid === undefined ? {} : { rid }),
    ...(max_bitrate_bps === undefined ? {} : { maxBitrateBps: max_bitrate_bps }),
    ...(max_fps === undefined ? {} : { maxFps: max_fps }),
    ...(scale === undefined ? {} : { scale }),
  };
}

function toWish(
  { room, seat }: CommandContext,
  item: ClientPayloads['subscription.set']['items'][number],
): SubscriptionWish {
  const publication = room.publications.get(item.publication_id);
  if (publication === undefined || publication.participant_id === seat.id) {
    throw new ControlError('unknown_publication', 'There is no such publication to receive.');
  }
  const screen = publication.source === 'screen';
  return {
    publicationId: item.publication_id,
    enabled: item.enabled,
    visible: item.visible,
    priority: item.priority ?? (screen ? screenPriority : defaultPriority),
    ...(item.width === undefined ? {} : { width: item.width }),
    ...(item.height === undefined ? {} : { height: item.height }),
    ...(item.max_layer === undefined ? {} : { maxLayer: item.max_layer }),
    ...(item.max_fps === undefined ? {} : { maxFps: item.max_fps }),
  };
}
