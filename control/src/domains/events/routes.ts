import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { problems } from '../../plugins/problem.js';
import { EventQuery, Page, RoomEventList, RoomList } from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { AccessService } from '../access/service.js';
import type { EventsService } from './service.js';

const ofMeeting = Type.Object({ meeting_id: Id });
const config = { auth: ['user', 'key'], scope: 'meetings:read' } as const;

export function eventRoutes(app: App, access: AccessService, events: EventsService): void {
  app.get(
    '/v1/meetings/:meeting_id/rooms',
    {
      config,
      schema: {
        summary: 'The rooms that a meeting had and has, with their epochs; hosts',
        params: ofMeeting,
        querystring: Page,
        response: { 200: RoomList, ...problems },
      },
    },
    async ({ principal, params, query }) => {
      const { meeting } = await access.hostOf(principal, params.meeting_id);
      return events.rooms(meeting.meetingId, query);
    },
  );

  app.get(
    '/v1/meetings/:meeting_id/events',
    {
      config,
      schema: {
        summary: 'What happened in a meeting, in order and without gaps; kept 7 days. Hosts',
        params: ofMeeting,
        querystring: EventQuery,
        response: { 200: RoomEventList, ...problems },
      },
    },
    async ({ principal, params, query }) => {
      const { meeting } = await access.hostOf(principal, params.meeting_id);
      return events.list(meeting.meetingId, query);
    },
  );
}
