import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import { NewRender, NoContent, Page, Render, RenderList } from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import { hosted, ofRecording, type RecordingRoutesContext, reading, writing } from './routes.js';

const ofRender = Type.Object({ recording_id: Id, render_id: Id });

export function renderRoutes(app: App, context: RecordingRoutesContext): void {
  const { renders } = context;
  const url = '/v1/recordings/:recording_id/renders';
  app.get(
    url,
    {
      config: reading,
      schema: {
        summary: 'Lists what is, was or will be composed of a recording; hosts',
        params: ofRecording,
        querystring: Page,
        response: { 200: RenderList, ...problems },
      },
    },
    async (request) => {
      const { recording } = await hosted(request, context);
      return renders.list(recording, request.query);
    },
  );

  app.post(
    url,
    {
      config: writing,
      schema: {
        summary: 'Composes a recording in a layout, in its turn; hosts',
        headers: idempotencyKey.schema,
        params: ofRecording,
        body: NewRender,
        response: { 201: Render, ...problems },
      },
    },
    async (request, reply) => {
      const { recording } = await hosted(request, context);
      const wanted = idempotencyKey.request(request, request.body);
      return idempotencyKey.reply(reply, await renders.create(recording, wanted));
    },
  );

  app.delete(
    `${url}/:render_id`,
    {
      config: writing,
      schema: {
        summary: 'Cancels a composition; of one that is done, deletes the file; hosts',
        params: ofRender,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { recording } = await hosted(request, context);
      await renders.remove(recording, request.params.render_id);
      return reply.code(204).send(undefined);
    },
  );
}
