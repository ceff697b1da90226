import type { App, OriginOf } from '../../plugins/app-types.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import { CreatedMeeting, NewMeeting } from '../../schemas/http.js';
import type { MeetingsService } from './service.js';

export function meetingRoutes(app: App, meetings: MeetingsService, originOf: OriginOf): void {
  app.post(
    '/v1/meetings',
    {
      config: { auth: ['none'] },
      schema: {
        summary: 'Makes an instant meeting',
        headers: idempotencyKey.schema,
        body: NewMeeting,
        response: { 201: CreatedMeeting, ...problems },
      },
    },
    async (request, reply) => {
      const key = idempotencyKey.of(request);
      const scope = `POST /v1/meetings ${request.ip}`;
      const answer = await meetings.create(
        { scope, key, payload: request.body },
        originOf(request),
      );
      return idempotencyKey.reply(reply, answer);
    },
  );
}
