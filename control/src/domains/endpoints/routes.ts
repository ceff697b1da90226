import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { ControlError } from '../../control-error.js';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { bearerOf } from '../../plugins/bearer.js';
import { problems } from '../../plugins/problem.js';
import { type EndpointKind, type IceServer, Id } from '../../schemas/values.js';
import { corsHeaders, preflightHeaders } from './cors.js';
import { isAnyEtag, matchesEtag } from './if-match.js';
import { iceServerLinks } from './links.js';
import type { EndpointsService, SessionAddress } from './service.js';

const sdpType = 'application/sdp';
const fragmentType = 'application/trickle-ice-sdpfrag';
/** The signaling limit of a session description. */
const bodyLimit = 256 * 1024;
const config = { auth: ['ingest'] as const };
const open = { auth: ['none'] as const };

const ofMeeting = Type.Object({ meeting_id: Id });
const ofSession = Type.Object({ meeting_id: Id, transport_id: Id });
const empty = Type.Unsafe<undefined>({ description: 'No content', type: 'null' });

export interface EndpointRoutesOptions {
  originOf: OriginOf;
  iceServers: readonly IceServer[];
}

/** WHIP and WHEP under `/v1`, in a scope of their own: other content types, and CORS for all. */
export function endpointRoutes(
  app: App,
  endpoints: EndpointsService,
  options: EndpointRoutesOptions,
): void {
  app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    // Each route says itself which type it takes; a DELETE may carry any.
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit }, (_request, body, done) =>
      done(null, body),
    );
    scope.addHook('onRequest', async (_request, reply) => {
      reply.headers(corsHeaders);
    });
    scope.addHook('onSend', async (_request, reply) => {
      // RFC 6750 §3
      if (reply.statusCode === 401) reply.header('www-authenticate', 'Bearer');
    });
    for (const kind of ['whip', 'whep'] as const) {
      endpointOf(scope, kind, endpoints, options);
      sessionOf(scope, kind, endpoints);
    }
  });
}

function endpointOf(
  app: App,
  kind: EndpointKind,
  endpoints: EndpointsService,
  { originOf, iceServers }: EndpointRoutesOptions,
): void {
  const url = `/v1/${kind}/:meeting_id`;
  const links = iceServerLinks(iceServers);
  const summary =
    kind === 'whip' ? 'Publishes by one offer (RFC 9725)' : 'Watches by one offer (WHEP)';
  const params = ofMeeting;
  app.post(
    url,
    {
      config,
      schema: {
        summary,
        params,
        consumes: [sdpType],
        response: { 201: text(sdpType), ...problems },
      },
    },
    async (request, reply) => {
      const { meeting_id: meetingId } = request.params;
      const key = await endpoints.authenticate(kind, meetingId, bearerOf(request));
      const { seat, sdp } = await endpoints.open(kind, key, {
        sdp: bodyOf(request, sdpType),
        region: request.reached.region,
      });
      if (links.length > 0) reply.header('link', links);
      return reply
        .code(201)
        .header('location', `${originOf(request)}/v1/${kind}/${meetingId}/${seat.id}`)
        .header('etag', `"${seat.etag}"`)
        .type(sdpType)
        .send(sdp);
    },
  );
  app.get(
    url,
    {
      config,
      schema: {
        summary: 'Says that an endpoint is here',
        params,
        response: { 200: text(sdpType), ...problems },
      },
    },
    async (request, reply) => {
      await endpoints.authenticate(kind, request.params.meeting_id, bearerOf(request));
      // HEAD finds a player's way by this type (draft-ietf-wish-whep §4.2).
      return reply.type(sdpType).send('');
    },
  );
  app.options(
    url,
    { config: open, schema: { summary: 'CORS', params, response: { 200: empty, ...problems } } },
    async (_request, reply) => preflight(reply, { 'accept-post': sdpType }),
  );
}

function sessionOf(app: App, kind: EndpointKind, endpoints: EndpointsService): void {
  const url = `/v1/${kind}/:meeting_id/:transport_id`;
  const params = ofSession;
  const addressOf = (request: { params: { meeting_id: string; transport_id: string } }) => {
    const { meeting_id: meetingId, transport_id: transportId } = request.params;
    return { kind, meetingId, transportId } satisfies SessionAddress;
  };
  app.patch(
    url,
    {
      config,
      schema: {
        consumes: [fragmentType],
        summary: 'Adds candidates, or restarts ICE (RFC 8840)',
        params,
        response: { 200: text(fragmentType), 204: empty, ...problems },
      },
    },
    async (request, reply) => {
      const bearer = bearerOf(request);
      endpoints.find(addressOf(request), bearer);
      const fragment = bodyOf(request, fragmentType);
      const condition = request.headers['if-match'];
      if (condition === undefined) {
        throw new ControlError('precondition_required', 'Send If-Match with the ETag, or *.');
      }
      const matches = (etag: string) => isAnyEtag(condition) || matchesEtag(condition, etag);
      const answer = await endpoints.patch(addressOf(request), bearer, matches, fragment);
      if (answer === null) return reply.code(204).send(undefined);
      return reply.header('etag', `"${answer.etag}"`).type(fragmentType).send(answer.fragment);
    },
  );
  app.delete(
    url,
    {
      config,
      schema: { summary: 'Ends the session', params, response: { 200: empty, ...problems } },
    },
    async (request, reply) => {
      await endpoints.close(addressOf(request), bearerOf(request));
      return reply.code(200).send(undefined);
    },
  );
  app.get(
    url,
    {
      config,
      schema: {
        summary: 'Says that the session lives',
        params,
        response: { 200: empty, ...problems },
      },
    },
    async (request, reply) => {
      endpoints.find(addressOf(request), bearerOf(request));
      return reply.code(200).send(undefined);
    },
  );
  app.options(
    url,
    { config: open, schema: { summary: 'CORS', params, response: { 200: empty, ...problems } } },
    async (_request, reply) => preflight(reply, { 'accept-patch': fragmentType }),
  );
}

function preflight(reply: FastifyReply, accepts: Record<string, string>): FastifyReply {
  return reply.code(200).headers(preflightHeaders).headers(accepts).send(undefined);
}

function text(contentType: string): { description: string; content: object } {
  return {
    description: contentType,
    content: { [contentType]: { schema: Type.String() as TSchema } },
  };
}

/** @throws ControlError `unsupported_media_type` unless the request is of this very type. */
function bodyOf({ headers, body }: FastifyRequest, type: string): string {
  const given = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (given === type) return typeof body === 'string' ? body : '';
  throw new ControlError('unsupported_media_type', `Send ${type}.`);
}
