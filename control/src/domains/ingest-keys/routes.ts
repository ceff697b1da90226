import { Type } from 'typebox';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { bearerOf } from '../../plugins/bearer.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import { CreatedIngestKey, IngestKeys, NewIngestKey, Page } from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { HostAuthority, IngestKeysService } from './service.js';

const ofMeeting = Type.Object({ meeting_id: Id });
const ofKey = Type.Object({ meeting_id: Id, ingest_key_id: Id });
const config = { auth: ['part', 'invite'] as const };

export function ingestKeyRoutes(
  app: App,
  keys: IngestKeysService,
  hosts: HostAuthority,
  originOf: OriginOf,
): void {
  app.post(
    '/v1/meetings/:meeting_id/ingest-keys',
    {
      config,
      schema: {
        summary: 'Makes a key for a program that publishes (WHIP) or watches (WHEP); hosts',
        headers: idempotencyKey.schema,
        params: ofMeeting,
        body: NewIngestKey,
        response: { 201: CreatedIngestKey, ...problems },
      },
    },
    async (request, reply) => {
      const { meeting_id: meetingId } = request.params;
      const host = await hosts.of(meetingId, bearerOf(request));
      const key = idempotencyKey.of(request);
      const scope = `POST ingest-keys ${meetingId} ${host.principal}`;
      const wanted = { scope, key, payload: request.body };
      const answer = await keys.create(meetingId, host, wanted, originOf(request));
      return idempotencyKey.reply(reply, answer);
    },
  );

  app.get(
    '/v1/meetings/:meeting_id/ingest-keys',
    {
      config,
      schema: {
        summary: 'Lists the keys, without what opens; hosts',
        params: ofMeeting,
        querystring: Page,
        response: { 200: IngestKeys, ...problems },
      },
    },
    async (request) => {
      const { meeting_id: meetingId } = request.params;
      const { limit, cursor } = request.query;
      await hosts.of(meetingId, bearerOf(request));
      return keys.list(meetingId, limit ?? 50, cursor);
    },
  );

  app.delete(
    '/v1/meetings/:meeting_id/ingest-keys/:ingest_key_id',
    {
      config,
      schema: {
        summary: 'Ends a key and whatever came with it; hosts',
        params: ofKey,
        response: { 204: Type.Unsafe<undefined>({ type: 'null' }), ...problems },
      },
    },
    async (request, reply) => {
      const { meeting_id: meetingId, ingest_key_id: ingestKeyId } = request.params;
      await hosts.of(meetingId, bearerOf(request));
      await keys.revoke(meetingId, ingestKeyId);
      return reply.code(204).send(undefined);
    },
  );
}
