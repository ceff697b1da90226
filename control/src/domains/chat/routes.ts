import { Type } from 'typebox';
import { ControlError } from '../../control-error.js';
import type { App } from '../../plugins/app-types.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { pageOf } from '../../plugins/page.js';
import { problems } from '../../plugins/problem.js';
import type { Principal } from '../../principal.js';
import { MessageList, NewMessage, NoContent, Page } from '../../schemas/http.js';
import { ChatMessage, Id } from '../../schemas/values.js';
import type { AccessService, Actor } from '../access/service.js';
import { moderatorFrom, type PresentActor, presentActor } from '../access/service.js';
import { type Author, authorOf, type ChatService, type Reader } from './service.js';

const auth = ['user', 'part', 'key'] as const;
const reading = { config: { auth, scope: 'meetings:read' } } as const;
const writing = { config: { auth, scope: 'meetings:write' } } as const;
const ofMeeting = Type.Object({ meeting_id: Id });
const ofMessage = Type.Object({ meeting_id: Id, message_id: Id });

/** The chat of a meeting over HTTP. @param nameOf the name of an account. */
export function chatRoutes(
  app: App,
  access: AccessService,
  chat: ChatService,
  nameOf: (userId: string) => Promise<string>,
): void {
  app.get(
    '/v1/meetings/:meeting_id/messages',
    {
      ...reading,
      schema: {
        summary: 'What was written, oldest first; private messages to the two concerned only',
        params: ofMeeting,
        querystring: Page,
        response: { 200: MessageList, ...problems },
      },
    },
    async (request) => {
      const actor = await access.of(request.principal, request.params.meeting_id);
      const { after, limit } = pageOf.read(request.query);
      const found = await chat.list(request.params.meeting_id, readerOf(actor), after, limit + 1);
      return pageOf.list(
        found,
        limit,
        ({ message_id }) => message_id,
        (message) => message,
      );
    },
  );

  app.post(
    '/v1/meetings/:meeting_id/messages',
    {
      ...writing,
      schema: {
        summary: 'Writes into the live room',
        headers: idempotencyKey.schema,
        params: ofMeeting,
        body: NewMessage,
        response: { 201: ChatMessage, ...problems },
      },
    },
    async (request, reply) => {
      const wanted = idempotencyKey.request(request, request.body);
      const actor = presentActor(await access.of(request.principal, request.params.meeting_id));
      const answer = await chat.post(actor.room, await authorFor(actor, nameOf), wanted);
      return idempotencyKey.reply(reply, answer);
    },
  );

  app.delete(
    '/v1/meetings/:meeting_id/messages/:message_id',
    {
      ...writing,
      schema: {
        summary: 'Takes a message back: an own one; hosts: any',
        params: ofMessage,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { meeting_id, message_id } = request.params;
      const actor = await access.of(request.principal, meeting_id);
      const by = { ...moderatorFrom(actor), userId: userIdOf(actor) };
      await chat.remove(meeting_id, actor.room, by, message_id);
      return reply.code(204).send(undefined);
    },
  );

  app.delete(
    '/v1/meetings/:meeting_id/messages',
    {
      ...writing,
      schema: {
        summary: 'Takes all messages away; hosts',
        params: ofMeeting,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const actor = await access.of(request.principal, request.params.meeting_id);
      await chat.clear(request.params.meeting_id, actor.room, moderatorFrom(actor));
      return reply.code(204).send(undefined);
    },
  );
}

function userIdOf({ principal, seat }: Actor): string | null {
  return 'userId' in principal ? principal.userId : (seat?.identity.userId ?? null);
}

function readerOf(actor: Actor): Reader {
  const { seat, room } = actor;
  const isLate = seat !== null && room?.policy.history === false;
  return {
    participantId: seat?.id ?? null,
    userId: userIdOf(actor),
    since: isLate ? new Date(seat.participant.joined_at) : null,
  };
}

/** Somebody who sits in the room writes from there, whatever they sent as a credential. */
async function authorFor(
  { seat, room, principal }: PresentActor,
  nameOf: (userId: string) => Promise<string>,
): Promise<Author> {
  if (seat !== null) return authorOf(seat);
  const { userId } = accountOf(principal);
  const own = [...room.seats.values()].find((other) => other.identity.userId === userId);
  if (own !== undefined) return authorOf(own);
  return { id: userId, name: await nameOf(userId), userId, seat: null };
}

function accountOf(principal: Principal): { userId: string } {
  if ('userId' in principal) return principal;
  throw new ControlError('unauthenticated', 'Log in.');
}
