import { Type } from 'typebox';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { pageOf } from '../../plugins/page.js';
import { problems } from '../../plugins/problem.js';
import { setSessionCookie } from '../../plugins/session-cookie.js';
import type { UserPrincipal } from '../../principal.js';
import { NoContent, Page } from '../../schemas/http/common.js';
import {
  ConfirmedFactor,
  CreatedFactor,
  FactorConfirmation,
  FactorList,
  NewFactor,
} from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import { sessionLifeMs } from '../sessions/service.js';
import type { FactorsService } from './service.js';

const config = { auth: ['user'] as const };
const ofFactor = Type.Object({ factor_id: Id });

export function factorRoutes(app: App, factors: FactorsService, originOf: OriginOf): void {
  app.get(
    '/v1/users/me/factors',
    {
      config,
      schema: {
        summary: 'One’s second factors',
        querystring: Page,
        response: { 200: FactorList, ...problems },
      },
    },
    (request) =>
      factors.list((request.principal as UserPrincipal).userId, pageOf.read(request.query)),
  );

  app.post(
    '/v1/users/me/factors',
    {
      config,
      schema: {
        summary: 'Begins a second factor; needs a login of the last ten minutes',
        headers: idempotencyKey.schema,
        body: NewFactor,
        response: { 201: CreatedFactor, ...problems },
      },
    },
    async (request, reply) => {
      const wanted = idempotencyKey.request(request, request.body);
      const by = request.principal as UserPrincipal;
      const answer = await factors.create(by, wanted, originOf(request));
      return idempotencyKey.reply(reply, answer);
    },
  );

  app.post(
    '/v1/users/me/factors/:factor_id/confirm',
    {
      config,
      schema: {
        summary: 'Proves that it works; ends all other sessions, sets a new session cookie',
        params: ofFactor,
        body: FactorConfirmation,
        response: { 200: ConfirmedFactor, ...problems },
      },
    },
    async (request, reply) => {
      const { token, confirmed } = await factors.confirm(request.principal as UserPrincipal, {
        ...request.body,
        factorId: request.params.factor_id,
        origin: originOf(request),
        userAgent: request.headers['user-agent'] ?? '',
      });
      setSessionCookie(reply, token, sessionLifeMs / 1000);
      return confirmed;
    },
  );

  app.delete(
    '/v1/users/me/factors/:factor_id',
    {
      config,
      schema: {
        summary: 'Takes a second factor away; needs a login of the last ten minutes',
        params: ofFactor,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      await factors.remove(request.principal as UserPrincipal, request.params.factor_id);
      return reply.code(204).send(undefined);
    },
  );
}
