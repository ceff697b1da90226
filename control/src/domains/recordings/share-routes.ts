import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import {
  CreatedShare,
  FileUrl,
  NewShare,
  NoContent,
  Page,
  Playback,
  ShareFileUrlWish,
  ShareKey,
  ShareList,
} from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import { hosted, ofRecording, type RecordingRoutesContext, reading, writing } from './routes.js';

const ofShare = Type.Object({ recording_id: Id, share_id: Id });

export function shareRoutes(app: App, context: RecordingRoutesContext): void {
  hostRoutes(app, context);
  linkRoutes(app, context);
}

function hostRoutes(app: App, context: RecordingRoutesContext): void {
  const { shares, originOf } = context;
  const url = '/v1/recordings/:recording_id/shares';
  app.get(
    url,
    {
      config: reading,
      schema: {
        summary: 'Lists the links to a recording, without what opens; hosts',
        params: ofRecording,
        querystring: Page,
        response: { 200: ShareList, ...problems },
      },
    },
    async (request) => {
      const { recording } = await hosted(request, context);
      return shares.list(recording, request.query);
    },
  );

  app.post(
    url,
    {
      config: writing,
      schema: {
        summary: 'Makes a link with which anybody sees a recording; shown once; hosts',
        headers: idempotencyKey.schema,
        params: ofRecording,
        body: NewShare,
        response: { 201: CreatedShare, ...problems },
      },
    },
    async (request, reply) => {
      const host = await hosted(request, context);
      const wanted = idempotencyKey.request(request, request.body);
      return idempotencyKey.reply(reply, await shares.create(host, wanted, originOf(request)));
    },
  );

  app.delete(
    `${url}/:share_id`,
    {
      config: writing,
      schema: {
        summary: 'Ends a link; hosts',
        params: ofShare,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { recording } = await hosted(request, context);
      await shares.revoke(recording, request.params.share_id);
      return reply.code(204).send(undefined);
    },
  );
}

/** For whoever has a link, and nothing else: no consents, no manifest. */
function linkRoutes(app: App, context: RecordingRoutesContext): void {
  const { shares, recordings, files, originOf } = context;
  const url = '/v1/recording-shares/:share_id';
  app.post(
    url,
    {
      config: { auth: ['none'] },
      schema: {
        summary: 'Opens a recording by a link; whatever is wrong with that, there is one answer',
        params: Type.Object({ share_id: Id }),
        body: ShareKey,
        response: { 200: Playback, ...problems },
      },
    },
    async (request) => {
      const recording = await shares.enter(request.params.share_id, request.body, request.ip);
      return recordings.playback(recording);
    },
  );

  app.post(
    `${url}/files/:file_id/url`,
    {
      // Of a large meeting a page needs many at once; whoever has no link is limited by misses.
      config: { auth: ['none'], limited: false },
      schema: {
        summary: 'An address of a file, good for 5 minutes, by a link to the recording',
        params: Type.Object({ share_id: Id, file_id: Id }),
        body: ShareFileUrlWish,
        response: { 200: FileUrl, ...problems },
      },
    },
    async (request) => {
      const { share_id: shareId, file_id: fileId } = request.params;
      const { download: isDownload = false, ...key } = request.body;
      const recording = await shares.open(shareId, key, request.ip);
      return files.make(recording, fileId, { isDownload, origin: originOf(request), shareId });
    },
  );
}
