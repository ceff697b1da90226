import type { App, OriginOf } from '../../plugins/app-types.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import { Join, JoinCheck, JoinChecked, Joined } from '../../schemas/http.js';
import type { JoinService } from './service.js';

export function joinRoutes(app: App, joins: JoinService, originOf: OriginOf): void {
  app.post(
    '/v1/join/check',
    {
      config: { auth: ['none'] },
      schema: {
        summary: 'Tells what a link opens; changes nothing',
        body: JoinCheck,
        response: { 200: JoinChecked, ...problems },
      },
    },
    (request) => joins.check(request.body, request.ip),
  );

  app.post(
    '/v1/join',
    {
      config: { auth: ['none'] },
      schema: {
        summary: 'Joins by link: answers with the token for the WebSocket',
        headers: idempotencyKey.schema,
        body: Join,
        response: { 201: Joined, ...problems },
      },
    },
    async (request, reply) => {
      const key = idempotencyKey.of(request);
      const scope = `POST /v1/join ${request.ip}`;
      const url = `${originOf(request).replace(/^http/, 'ws')}/v1/rtc`;
      const answer = await joins.join({ scope, key, payload: request.body }, request.ip, [
        { url, region: 'local' },
      ]);
      return idempotencyKey.reply(reply, answer);
    },
  );
}
