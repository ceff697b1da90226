import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import { Join, JoinCheck, JoinChecked, Joined, MemberJoin } from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { Caller, JoinService } from './service.js';

export function joinRoutes(app: App, joins: JoinService, originOf: OriginOf): void {
  const callerOf = (request: FastifyRequest): Caller => {
    const url = `${originOf(request).replace(/^http/, 'ws')}/v1/rtc`;
    const signaling = [{ url, region: 'local' }];
    return { principal: request.principal, address: request.ip, signaling };
  };

  app.post(
    '/v1/join/check',
    {
      config: { auth: ['none', 'user'] },
      schema: {
        summary: 'Tells what a link opens; changes nothing',
        body: JoinCheck,
        response: { 200: JoinChecked, ...problems },
      },
    },
    (request) => joins.check(request.body, callerOf(request)),
  );

  app.post(
    '/v1/join',
    {
      config: { auth: ['none', 'user'] },
      schema: {
        summary: 'Joins by link or passcode: answers with the token for the WebSocket',
        headers: idempotencyKey.schema,
        body: Join,
        response: { 201: Joined, ...problems },
      },
    },
    async (request, reply) => {
      const wanted = idempotencyKey.request(request, request.body);
      return idempotencyKey.reply(reply, await joins.join(wanted, callerOf(request)));
    },
  );

  app.post(
    '/v1/meetings/:meeting_id/join',
    {
      config: { auth: ['user', 'key'], scope: 'meetings:write' },
      schema: {
        summary: 'Joins with an account: as host of an own meeting, else by secret or passcode',
        headers: idempotencyKey.schema,
        params: Type.Object({ meeting_id: Id }),
        body: MemberJoin,
        response: { 201: Joined, ...problems },
      },
    },
    async (request, reply) => {
      const wish = { ...request.body, meetingId: request.params.meeting_id };
      const wanted = idempotencyKey.request(request, wish);
      return idempotencyKey.reply(reply, await joins.join(wanted, callerOf(request)));
    },
  );
}
