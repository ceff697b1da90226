import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { etag } from '../../plugins/etag.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import { NewRecording, Recording, RecordingChange } from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import { type AccessService, presentActor } from '../access/service.js';
import type { LiveRecordings } from './live-service.js';
import { hosted, type RecordingRoutesContext, sendTagged, writing } from './routes.js';

export interface LiveRecordingRoutesContext extends RecordingRoutesContext {
  access: AccessService;
  live: LiveRecordings;
}

const ofMeeting = Type.Object({ meeting_id: Id });
const ofRecording = Type.Object({ recording_id: Id });
const scope = 'meetings:write' as const;

/** What begins, pauses and stops recordings, besides what hosts say in the room. */
export function liveRecordingRoutes(app: App, context: LiveRecordingRoutesContext): void {
  const { access, live, recordings } = context;

  app.post(
    '/v1/meetings/:meeting_id/recordings',
    {
      config: { auth: ['user', 'part', 'key'], scope },
      schema: {
        summary: 'Begins to record the live room; hosts',
        headers: idempotencyKey.schema,
        params: ofMeeting,
        body: NewRecording,
        response: { 201: Recording, ...problems },
      },
    },
    async (request, reply) => {
      const { principal, params } = request;
      const wanted = idempotencyKey.request(request, {});
      const actor = presentActor(await access.hostOf(principal, params.meeting_id));
      const { room, moderator, seat } = actor;
      const userId = 'userId' in principal ? principal.userId : (seat?.identity.userId ?? null);
      const answer = await live.create(room, { moderator, by: { seat, userId } }, wanted);
      return idempotencyKey.reply(reply, answer);
    },
  );

  app.patch(
    '/v1/recordings/:recording_id',
    {
      config: writing,
      schema: {
        summary: 'Pauses, goes on with or stops a recording; hosts',
        headers: etag.schema,
        params: ofRecording,
        body: RecordingChange,
        response: { 200: Recording, ...problems },
      },
    },
    async (request, reply) => {
      const { recording_id: recordingId } = request.params;
      const expected = etag.expected(request);
      await live.checkHere(recordingId);
      const { recording, host } = await hosted(request, context);
      etag.check(expected, recording.version);
      await live.change(recordingId, host.participantId, request.body);
      const changed = await hosted(request, context);
      const body = await recordings.present(changed.recording);
      return sendTagged(request, reply, { version: changed.recording.version, body });
    },
  );
}
