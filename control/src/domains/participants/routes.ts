import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { etag } from '../../plugins/etag.js';
import { problems } from '../../plugins/problem.js';
import {
  MuteAll,
  NoContent,
  Page,
  ParticipantChange,
  ParticipantList,
} from '../../schemas/http.js';
import { Id, Participant } from '../../schemas/values.js';
import type { AccessService, Actor } from '../access/service.js';
import { type PresentActor, presentActor } from '../access/service.js';
import type { ModerationService } from '../moderation/service.js';
import { changeParticipant, findParticipant, listParticipants } from './service.js';

const auth = ['user', 'part', 'key'] as const;
const reading = { config: { auth, scope: 'meetings:read' } } as const;
const writing = { config: { auth, scope: 'meetings:write' } } as const;
const ofMeeting = Type.Object({ meeting_id: Id });
const ofParticipant = Type.Object({ meeting_id: Id, participant_id: Id });
const Removal = Type.Object(
  { block: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);

/** Who is in the room now, and what hosts may do about them; the same powers as on the WebSocket. */
export function participantRoutes(
  app: App,
  access: AccessService,
  moderation: ModerationService,
): void {
  const actorOf = (request: FastifyRequest): Promise<Actor> =>
    access.of(request.principal, (request.params as { meeting_id: string }).meeting_id);
  const presentOf = async (request: FastifyRequest): Promise<PresentActor> =>
    presentActor(await actorOf(request));

  app.get(
    '/v1/meetings/:meeting_id/participants',
    {
      ...reading,
      schema: {
        summary: 'Who is there now',
        params: ofMeeting,
        querystring: Page,
        response: { 200: ParticipantList, ...problems },
      },
    },
    async (request) => {
      const { room } = await actorOf(request);
      return listParticipants(room, request.query);
    },
  );

  app.get(
    '/v1/meetings/:meeting_id/participants/:participant_id',
    {
      ...reading,
      schema: {
        summary: 'One of them',
        headers: etag.reading,
        params: ofParticipant,
        response: { 200: Participant, ...etag.unchanged, ...problems },
      },
    },
    async (request, reply) => {
      const { room } = await actorOf(request);
      const { participant } = findParticipant(room, request.params.participant_id);
      return etag.sendByContent(request, reply, participant);
    },
  );

  app.patch(
    '/v1/meetings/:meeting_id/participants/:participant_id',
    {
      ...writing,
      schema: {
        summary: 'Role, mute, the right to unmute, spotlight; hosts',
        params: ofParticipant,
        body: ParticipantChange,
        response: { 200: Participant, ...problems },
      },
    },
    async (request) => {
      const { room, moderator } = await presentOf(request);
      const { participant_id: id } = request.params;
      await changeParticipant(room, moderator, id, request.body);
      return findParticipant(room, id).participant;
    },
  );

  app.delete(
    '/v1/meetings/:meeting_id/participants/:participant_id',
    {
      ...writing,
      schema: {
        summary: 'Puts somebody out, with `block` for good; hosts',
        params: ofParticipant,
        querystring: Removal,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { room, moderator } = await presentOf(request);
      const { participant_id } = request.params;
      findParticipant(room, participant_id);
      await moderation.remove(room, moderator, {
        participant_id,
        block: request.query.block ?? false,
      });
      return reply.code(204).send(undefined);
    },
  );

  app.post(
    '/v1/meetings/:meeting_id/participants/mute-all',
    {
      ...writing,
      schema: {
        summary: 'Switches a source of everybody but hosts off; hosts',
        params: ofMeeting,
        body: MuteAll,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { room, moderator } = await presentOf(request);
      await moderation.media.muteAll(room, moderator, request.body);
      return reply.code(204).send(undefined);
    },
  );
}
