import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { pageOf } from '../../plugins/page.js';
import { problems } from '../../plugins/problem.js';
import type { UserPrincipal } from '../../principal.js';
import { NoContent, Page } from '../../schemas/http/common.js';
import { ApiKeyList, CreatedApiKey, NewApiKey } from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { ApiKeysService } from './service.js';

const config = { auth: ['user'] as const };
const ofKey = Type.Object({ api_key_id: Id });

export function apiKeyRoutes(app: App, keys: ApiKeysService): void {
  app.post(
    '/v1/api-keys',
    {
      config,
      schema: {
        summary: 'Makes a key with which a program acts for this account; shown once',
        headers: idempotencyKey.schema,
        body: NewApiKey,
        response: { 201: CreatedApiKey, ...problems },
      },
    },
    async (request, reply) => {
      const wanted = idempotencyKey.request(request, request.body);
      const answer = await keys.create(request.principal as UserPrincipal, wanted);
      return idempotencyKey.reply(reply, answer);
    },
  );

  app.get(
    '/v1/api-keys',
    {
      config,
      schema: {
        summary: 'Lists the keys, without what opens',
        querystring: Page,
        response: { 200: ApiKeyList, ...problems },
      },
    },
    (request) => keys.list((request.principal as UserPrincipal).userId, pageOf.read(request.query)),
  );

  app.delete(
    '/v1/api-keys/:api_key_id',
    {
      config,
      schema: {
        summary: 'Ends a key',
        params: ofKey,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { userId } = request.principal as UserPrincipal;
      await keys.revoke(userId, request.params.api_key_id);
      return reply.code(204).send(undefined);
    },
  );
}
