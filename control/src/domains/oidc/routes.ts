import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { problems, refusalOf, sendProblem } from '../../plugins/problem.js';
import { cookieOf, sessionCookieOf, setSessionCookie } from '../../plugins/session-cookie.js';
import { sessionLifeMs } from '../sessions/service.js';
import { type OidcService, wayLifeMs } from './service.js';

const config = { auth: ['none'] as const };
const ofProvider = Type.Object({ provider: Type.String({ maxLength: 32 }) });
const redirect = Type.Unsafe<undefined>({ type: 'null', description: 'See `Location`' });
const wayCookie = '__Host-oidc';
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';

export function oidcRoutes(app: App, oidc: OidcService, originOf: OriginOf): void {
  app.get(
    '/v1/oidc/:provider/start',
    {
      ...{ config, errorHandler },
      schema: {
        summary: 'Sends the browser to a provider of single sign-on, or back to the login page',
        params: ofProvider,
        response: { 302: redirect, ...problems },
      },
    },
    async (request, reply) => {
      const { provider } = request.params;
      const redirectUri = `${originOf(request)}/v1/oidc/${provider}/callback`;
      const { url, sealed } = await oidc.begin(provider, redirectUri);
      reply.header(
        'set-cookie',
        `${wayCookie}=${sealed}; ${attributes}; Max-Age=${wayLifeMs / 1000}`,
      );
      return reply.redirect(url, 302);
    },
  );

  app.get(
    '/v1/oidc/:provider/callback',
    {
      ...{ config, errorHandler },
      schema: {
        summary: 'Where the provider sends the browser back: logs in, or leads to the login page',
        params: ofProvider,
        response: { 302: redirect, ...problems },
      },
    },
    async (request, reply) => {
      // Whatever comes of it, this way is walked once.
      reply.header('set-cookie', `${wayCookie}=; ${attributes}; Max-Age=0`);
      const token = await oidc.finish(request.params.provider, {
        url: new URL(request.url, originOf(request)),
        sealed: cookieOf(request, wayCookie),
        userAgent: request.headers['user-agent'] ?? '',
        formerToken: sessionCookieOf(request),
      });
      setSessionCookie(reply, token, sessionLifeMs / 1000);
      return reply.redirect('/', 302);
    },
  );
}

/** A person's browser shows these addresses: it is led to the login page, which says why not. */
function errorHandler(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const refusal = refusalOf(error, request);
  const isPerson = request.headers.accept?.includes('text/html') === true;
  if (!isPerson) return sendProblem(reply, request, refusal);
  return reply.redirect(`/login?error=${refusal.code}`, 302);
}
