import { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { problems } from '../../plugins/problem.js';
import { FileQuery, FileUrl, FileUrlWish } from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import { rangeOf } from './byte-ranges.js';
import { hosted, type RecordingRoutesContext, reading } from './routes.js';

const ofFile = Type.Object({ recording_id: Id, file_id: Id });
const binary = Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' });

export function fileRoutes(app: App, context: RecordingRoutesContext): void {
  const { files, originOf } = context;
  app.post(
    '/v1/recordings/:recording_id/files/:file_id/url',
    {
      config: reading,
      schema: {
        summary: 'An address of a file, good for 5 minutes; hosts',
        params: ofFile,
        body: FileUrlWish,
        response: { 200: FileUrl, ...problems },
      },
    },
    async (request) => {
      const { recording } = await hosted(request, context);
      const isDownload = request.body?.download ?? false;
      const wish = { isDownload, origin: originOf(request), shareId: null };
      return files.make(recording, request.params.file_id, wish);
    },
  );
  serveRoute(app, context);
}

/** Where the store has no addresses of its own. HEAD is answered as GET, without reading anything. */
function serveRoute(app: App, { files }: RecordingRoutesContext): void {
  app.get(
    '/v1/recording-files/:file_id',
    {
      config: { auth: ['none'], limited: false },
      schema: {
        summary: 'A file, or one range of it, to whoever was told its address',
        params: Type.Object({ file_id: Id }),
        querystring: FileQuery,
        produces: ['video/webm', 'audio/mp4'],
        response: { 200: binary, 206: binary, ...problems },
      },
    },
    async (request, reply) => {
      const served = await files.open(request.params.file_id, request.query.token);
      const { bytes, contentType, sha256 } = served.file;
      const tag = `"${sha256}"`;
      const condition = request.headers['if-range'];
      const isSame = condition === undefined || condition === tag;
      const range = rangeOf(isSame ? request.headers.range : undefined, bytes);
      reply.headers({
        'accept-ranges': 'bytes',
        'cache-control': 'private, no-store',
        'content-disposition': served.disposition,
        // From our own origin: whatever a browser took it for, it is no page of ours.
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
        etag: tag,
      });
      reply.type(contentType);
      if (range === 'unsatisfiable') {
        reply.headers({ 'content-range': `bytes */${bytes}`, 'content-length': '0' });
        return reply.code(416).send(Readable.from([]));
      }
      const { first, last } = range ?? { first: 0, last: bytes - 1 };
      reply.header('content-length', String(last - first + 1));
      if (range !== null) {
        reply.code(206).header('content-range', `bytes ${first}-${last}/${bytes}`);
      }
      if (request.method === 'HEAD') return reply.send(Readable.from([]));
      return reply.send(await files.read(served, range));
    },
  );
}
