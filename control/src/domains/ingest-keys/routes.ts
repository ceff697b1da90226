import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { bearerOf } from '../../plugins/bearer.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import { CreatedIngestKey, IngestKeys, NewIngestKey, NoContent, Page } from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { HostAuthority, IngestKeysService } from './service.js';

const ofMeeting = Type.Object({ meeting_id: Id });
const ofKey = Type.Object({ meeting_id: Id, ingest_key_id: Id });
const auth = ['user', 'key', 'part', 'invite'] as const;
const reading = { auth, scope: 'meetings:read' } as const;
const writing = { auth, scope: 'meetings:write' } as const;

export function ingestKeyRoutes(
  app: App,
  keys: IngestKeysService,
  hosts: HostAuthority,
  originOf: OriginOf,
): void {
  const hostOf = (request: FastifyRequest, meetingId: string) => {
    const { principal } = request;
    const secret = principal.kind === 'none' ? bearerOf(request) : null;
    return hosts.of(principal, meetingId, secret);
  };

  app.post(
    '/v1/meetings/:meeting_id/ingest-keys',
    {
      config: writing,
      schema: {
        summary: 'Makes a key for a program that publishes (WHIP) or watches (WHEP); hosts',
        headers: idempotencyKey.schema,
        params: ofMeeting,
        body: NewIngestKey,
        response: { 201: CreatedIngestKey, ...problems },
      },
    },
    async (request, reply) => {
      const host = await hostOf(request, request.params.meeting_id);
      const wanted = idempotencyKey.request(request, request.body);
      return idempotencyKey.reply(reply, await keys.create(host, wanted, originOf(request)));
    },
  );

  app.get(
    '/v1/meetings/:meeting_id/ingest-keys',
    {
      config: reading,
      schema: {
        summary: 'Lists the keys, without what opens; hosts',
        params: ofMeeting,
        querystring: Page,
        response: { 200: IngestKeys, ...problems },
      },
    },
    async (request) => {
      const { meeting_id: meetingId } = request.params;
      await hostOf(request, meetingId);
      return keys.list(meetingId, request.query);
    },
  );

  app.delete(
    '/v1/meetings/:meeting_id/ingest-keys/:ingest_key_id',
    {
      config: writing,
      schema: {
        summary: 'Ends a key and whatever came with it; hosts',
        params: ofKey,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { meeting_id: meetingId, ingest_key_id: ingestKeyId } = request.params;
      await hostOf(request, meetingId);
      await keys.revoke(meetingId, ingestKeyId);
      return reply.code(204).send(undefined);
    },
  );
}
