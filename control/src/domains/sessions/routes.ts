import { Type } from 'typebox';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { pageOf } from '../../plugins/page.js';
import { problems, problemType } from '../../plugins/problem.js';
import {
  clearSessionCookie,
  sessionCookieOf,
  setSessionCookie,
} from '../../plugins/session-cookie.js';
import type { UserPrincipal } from '../../principal.js';
import { NoContent, Page } from '../../schemas/http/common.js';
import {
  LoggedIn,
  Login,
  LoginProblem,
  LoginSessionList,
  ShownFactor,
} from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import { type LoginService, type SessionsService, sessionLifeMs } from './service.js';

export interface SessionRoutesContext {
  sessions: SessionsService;
  logins: LoginService;
  originOf: OriginOf;
}

const config = { auth: ['user'] as const };
/** With what a security key is to sign. */
const refused = {
  content: { [problemType]: { schema: LoginProblem } },
  description: 'Refused',
} as const;
const ofSession = Type.Object({ session_id: Id });

export function sessionRoutes(
  app: App,
  { sessions, logins, originOf }: SessionRoutesContext,
): void {
  app.post(
    '/v1/sessions',
    {
      config: { auth: ['none'] },
      schema: {
        summary: 'Logs in: the answer sets the session cookie',
        body: Login,
        response: { 201: LoggedIn, 401: refused, ...problems },
      },
    },
    async (request, reply) => {
      const { token, loggedIn } = await logins.login(request.body, {
        address: request.ip,
        origin: originOf(request),
        userAgent: request.headers['user-agent'] ?? '',
        formerToken: sessionCookieOf(request),
      });
      setSessionCookie(reply, token, sessionLifeMs / 1000);
      return reply.code(201).send(loggedIn);
    },
  );

  app.get(
    '/v1/sessions',
    {
      config,
      schema: {
        summary: 'Where one is logged in',
        querystring: Page,
        response: { 200: LoginSessionList, ...problems },
      },
    },
    (request) => sessions.list(request.principal as UserPrincipal, pageOf.read(request.query)),
  );

  app.post(
    '/v1/sessions/current/second-factor',
    {
      config,
      schema: {
        summary: 'Shows the second factor later: the session goes on under a new cookie',
        body: ShownFactor,
        response: { 200: LoggedIn, 403: refused, ...problems },
      },
    },
    async (request, reply) => {
      const by = request.principal as UserPrincipal;
      const { token, lifeS, loggedIn } = await logins.showFactor(by, request.body, {
        address: request.ip,
        origin: originOf(request),
        userAgent: request.headers['user-agent'] ?? '',
      });
      setSessionCookie(reply, token, lifeS);
      return loggedIn;
    },
  );

  app.delete(
    '/v1/sessions',
    {
      config,
      schema: { summary: 'Logs out everywhere', response: { 204: NoContent, ...problems } },
    },
    async (request, reply) => {
      await sessions.revokeAll((request.principal as UserPrincipal).userId);
      clearSessionCookie(reply);
      return reply.code(204).send(undefined);
    },
  );

  app.delete(
    '/v1/sessions/:session_id',
    {
      config,
      schema: {
        summary: 'Logs out one session; `current` is that of the request',
        params: ofSession,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { userId, sessionId: current } = request.principal as UserPrincipal;
      const { session_id: named } = request.params;
      const sessionId = named === 'current' ? current : named;
      await sessions.revoke(userId, sessionId);
      if (sessionId === current) clearSessionCookie(reply);
      return reply.code(204).send(undefined);
    },
  );
}
