import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { bearerOf } from '../../plugins/bearer.js';
import { etag } from '../../plugins/etag.js';
import { problems } from '../../plugins/problem.js';
import {
  ConsentList,
  NoContent,
  OrderedPage,
  Page,
  Playback,
  Recording,
  RecordingList,
  RecordingQuery,
} from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { HostAuthority } from '../ingest-keys/service.js';
import { fileRoutes } from './file-routes.js';
import { renderRoutes } from './render-routes.js';
import type {
  FileUrls,
  RecordingSharesService,
  RecordingsService,
  RendersService,
} from './service.js';
import { shareRoutes } from './share-routes.js';

export interface RecordingRoutesContext {
  recordings: RecordingsService;
  files: FileUrls;
  renders: RendersService;
  shares: RecordingSharesService;
  hosts: HostAuthority;
  originOf: OriginOf;
}

export const ofRecording = Type.Object({ recording_id: Id });
const auth = ['user', 'key', 'invite'] as const;
export const reading = { auth, scope: 'meetings:read' } as const;
export const writing = { auth, scope: 'meetings:write' } as const;
const jsonLines = 'application/jsonl';

export function recordingRoutes(app: App, context: RecordingRoutesContext): void {
  listRoutes(app, context);
  singleRoutes(app, context);
  contentRoutes(app, context);
  fileRoutes(app, context);
  renderRoutes(app, context);
  shareRoutes(app, context);
}

/** Of whoever is nobody else: the secret of a host's invite. */
function secretOf(request: FastifyRequest): string | null {
  return request.principal.kind === 'none' ? bearerOf(request) : null;
}

/** The recording that a request names, and the host that asks. @throws ControlError as `of`. */
export function hosted(
  request: FastifyRequest<{ Params: { recording_id: string } }>,
  { recordings }: RecordingRoutesContext,
) {
  return recordings.of(request.principal, request.params.recording_id, secretOf(request));
}

function listRoutes(app: App, { recordings, hosts }: RecordingRoutesContext): void {
  app.get(
    '/v1/meetings/:meeting_id/recordings',
    {
      config: { ...reading, auth: [...auth, 'part'] },
      schema: {
        summary: 'Lists the recordings of a meeting; hosts',
        params: Type.Object({ meeting_id: Id }),
        querystring: OrderedPage,
        response: { 200: RecordingList, ...problems },
      },
    },
    async (request) => {
      const { meeting_id: meetingId } = request.params;
      await hosts.of(request.principal, meetingId, secretOf(request));
      return recordings.listOf(meetingId, request.query);
    },
  );

  app.get(
    '/v1/recordings',
    {
      config: { auth: ['user', 'key'], scope: 'meetings:read' },
      schema: {
        summary: 'Lists the recordings of the account; to administrators, those of everybody',
        querystring: RecordingQuery,
        response: { 200: RecordingList, ...problems },
      },
    },
    async ({ principal, query }) => recordings.list(principal, query),
  );
}

function singleRoutes(app: App, context: RecordingRoutesContext): void {
  const { recordings } = context;
  const url = '/v1/recordings/:recording_id';
  app.get(
    url,
    {
      config: reading,
      schema: {
        summary: 'A recording, with its files; hosts',
        headers: etag.reading,
        params: ofRecording,
        response: { 200: Recording, ...etag.unchanged, ...problems },
      },
    },
    async (request, reply) => {
      const { recording } = await hosted(request, context);
      const body = await recordings.present(recording);
      return sendTagged(request, reply, { version: recording.version, body });
    },
  );

  app.delete(
    url,
    {
      config: writing,
      schema: {
        summary: 'Deletes a recording, its files and its links; hosts',
        headers: etag.schema,
        params: ofRecording,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { recording } = await hosted(request, context);
      await recordings.remove(recording, etag.expected(request));
      return reply.code(204).send(undefined);
    },
  );
}

/** What goes on while it is recorded shows in the body, and is no change of it. */
export function sendTagged<Body>(
  request: FastifyRequest,
  reply: FastifyReply,
  { version, body }: { version: number; body: Body },
): Body | undefined {
  const state = hash('sha256', JSON.stringify(body), 'hex').slice(0, 16);
  return etag.send(request, reply, `${version}-${state}`, body);
}

function contentRoutes(app: App, context: RecordingRoutesContext): void {
  const { recordings } = context;
  const url = '/v1/recordings/:recording_id';
  app.get(
    `${url}/manifest`,
    {
      config: reading,
      schema: {
        summary: 'All that is known of it, a JSON object on each line (docs/recording.md); hosts',
        params: ofRecording,
        response: {
          200: { description: jsonLines, content: { [jsonLines]: { schema: Type.String() } } },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { recording } = await hosted(request, context);
      const lines = await recordings.manifest(recording);
      reply.header('content-disposition', 'attachment; filename="manifest.jsonl"');
      return reply.type(`${jsonLines}; charset=utf-8`).send(lines);
    },
  );

  app.get(
    `${url}/playback`,
    {
      config: reading,
      schema: {
        summary: 'What a page needs to play it: people, chapters, chat, gaps; hosts',
        params: ofRecording,
        response: { 200: Playback, ...problems },
      },
    },
    async (request) => {
      const { recording } = await hosted(request, context);
      return recordings.playback(recording);
    },
  );

  app.get(
    `${url}/consents`,
    {
      config: reading,
      schema: {
        summary: 'Who was asked, when, by which text, and what they said; hosts',
        params: ofRecording,
        querystring: Page,
        response: { 200: ConsentList, ...problems },
      },
    },
    async (request) => {
      const { recording } = await hosted(request, context);
      return recordings.consents(recording, request.query);
    },
  );
}
