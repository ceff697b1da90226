import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { isoTime } from '../../clock.js';
import type { App } from '../../plugins/app-types.js';
import { pageOf } from '../../plugins/page.js';
import { problems } from '../../plugins/problem.js';
import {
  type Block,
  BlockList,
  Lobby,
  LobbyChoice,
  LobbyMessage,
  NoContent,
  Page,
} from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { AccessService } from '../access/service.js';
import { presentActor } from '../access/service.js';
import type { BlockRecord, ModerationService } from './service.js';

const auth = ['user', 'part', 'key'] as const;
const reading = { config: { auth, scope: 'meetings:read' } } as const;
const writing = { config: { auth, scope: 'meetings:write' } } as const;
const ofMeeting = Type.Object({ meeting_id: Id });
const ofBlock = Type.Object({ meeting_id: Id, block_id: Id });

/** Lobby and blocks, for hosts. */
export function moderationRoutes(
  app: App,
  access: AccessService,
  moderation: ModerationService,
): void {
  const hostOf = (request: FastifyRequest) =>
    access.hostOf(request.principal, (request.params as { meeting_id: string }).meeting_id);
  const presentOf = async (request: FastifyRequest) => presentActor(await hostOf(request));

  app.get(
    '/v1/meetings/:meeting_id/lobby',
    {
      ...reading,
      schema: {
        summary: 'Who waits, longest first; hosts',
        params: ofMeeting,
        response: { 200: Lobby, ...problems },
      },
    },
    async (request) => ({ items: (await hostOf(request)).room?.lobby.list() ?? [] }),
  );

  app.post(
    '/v1/meetings/:meeting_id/lobby/admit',
    {
      ...writing,
      schema: {
        summary: 'Lets in who waits; hosts',
        params: ofMeeting,
        body: LobbyChoice,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { room, moderator } = await presentOf(request);
      await moderation.lobby.admit(room, moderator, request.body);
      return reply.code(204).send(undefined);
    },
  );

  app.post(
    '/v1/meetings/:meeting_id/lobby/deny',
    {
      ...writing,
      schema: {
        summary: 'Sends away who waits; hosts',
        params: ofMeeting,
        body: LobbyChoice,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { room, moderator } = await presentOf(request);
      await moderation.lobby.deny(room, moderator, request.body);
      return reply.code(204).send(undefined);
    },
  );

  app.post(
    '/v1/meetings/:meeting_id/lobby/message',
    {
      ...writing,
      schema: {
        summary: 'Tells something to all who wait; hosts',
        params: ofMeeting,
        body: LobbyMessage,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { room, moderator } = await presentOf(request);
      await moderation.lobby.say(room, moderator, request.body.body);
      return reply.code(204).send(undefined);
    },
  );

  app.get(
    '/v1/meetings/:meeting_id/blocks',
    {
      ...reading,
      schema: {
        summary: 'Who may not return; hosts',
        params: ofMeeting,
        querystring: Page,
        response: { 200: BlockList, ...problems },
      },
    },
    async (request) => {
      const { meeting } = await hostOf(request);
      const { after, limit } = pageOf.read(request.query);
      const found = await moderation.blocks(meeting.meetingId, after, limit + 1);
      return pageOf.list(found, limit, ({ blockId }) => blockId, present);
    },
  );

  app.delete(
    '/v1/meetings/:meeting_id/blocks/:block_id',
    {
      ...writing,
      schema: {
        summary: 'Lets somebody return; hosts',
        params: ofBlock,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { meeting } = await hostOf(request);
      await moderation.lift(meeting.meetingId, request.params.block_id);
      return reply.code(204).send(undefined);
    },
  );
}

function present(block: BlockRecord): Block {
  return {
    block_id: block.blockId,
    participant_id: block.participantId,
    name: block.displayName,
    holds: {
      account: block.userId !== null,
      invite: block.inviteId !== null,
      device: block.hasDevice && block.ingestKeyId === null,
      ingest_key: block.ingestKeyId !== null,
    },
    created_at: isoTime(block.createdAt.getTime()),
  };
}
