import { Type } from 'typebox';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { etag } from '../../plugins/etag.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import {
  CreatedMeeting,
  Empty,
  Meeting,
  MeetingChange,
  MeetingList,
  MeetingQuery,
  NewMeeting,
  NoContent,
} from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { AccessService } from '../access/service.js';
import { inviteRoutes } from './invite-routes.js';
import type { MeetingRecord, MeetingsService } from './service.js';

const ofMeeting = Type.Object({ meeting_id: Id });
const reading = { auth: ['user', 'key'], scope: 'meetings:read' } as const;
const writing = { auth: ['user', 'key'], scope: 'meetings:write' } as const;

export interface MeetingRoutesContext {
  meetings: MeetingsService;
  access: AccessService;
  originOf: OriginOf;
}

export function meetingRoutes(app: App, context: MeetingRoutesContext): void {
  createRoute(app, context);
  listRoute(app, context);
  singleRoutes(app, context);
  endRoute(app, context);
  calendarRoute(app, context);
  inviteRoutes(app, context);
}

function createRoute(app: App, { meetings, originOf }: MeetingRoutesContext): void {
  app.post(
    '/v1/meetings',
    {
      config: { auth: ['user', 'key', 'none'], scope: 'meetings:write' },
      schema: {
        summary: 'Makes a meeting; without an account an instant one, where that is allowed',
        headers: idempotencyKey.schema,
        body: NewMeeting,
        response: { 201: CreatedMeeting, ...problems },
      },
    },
    async (request, reply) => {
      const { principal } = request;
      const hostId = 'userId' in principal ? principal.userId : null;
      const wanted = idempotencyKey.request(request, request.body);
      return idempotencyKey.reply(reply, await meetings.create(hostId, wanted, originOf(request)));
    },
  );
}

function listRoute(app: App, { meetings }: MeetingRoutesContext): void {
  app.get(
    '/v1/meetings',
    {
      config: reading,
      schema: {
        summary: 'Lists the meetings of the account',
        querystring: MeetingQuery,
        response: { 200: MeetingList, ...problems },
      },
    },
    async ({ principal, query }) =>
      meetings.list('userId' in principal ? principal.userId : '', query),
  );
}

function singleRoutes(app: App, { meetings, access }: MeetingRoutesContext): void {
  const url = '/v1/meetings/:meeting_id';
  app.get(
    url,
    {
      config: reading,
      schema: {
        summary: 'Shows a meeting to its host',
        headers: etag.reading,
        params: ofMeeting,
        response: { 200: Meeting, ...etag.unchanged, ...problems },
      },
    },
    async (request, reply) => {
      const { meeting } = await access.of(request.principal, request.params.meeting_id);
      return etag.send(request, reply, tagOf(meeting, meetings), meetings.present(meeting));
    },
  );

  app.patch(
    url,
    {
      config: writing,
      schema: {
        summary: 'Changes a meeting; a live one at once',
        headers: etag.schema,
        params: ofMeeting,
        body: MeetingChange,
        response: { 200: Meeting, ...problems },
      },
    },
    async (request, reply) => {
      const { meeting_id: meetingId } = request.params;
      await access.hostOf(request.principal, meetingId);
      const meeting = await meetings.change(meetingId, etag.expected(request), request.body);
      return etag.send(request, reply, tagOf(meeting, meetings), meetings.present(meeting));
    },
  );

  app.delete(
    url,
    {
      config: writing,
      schema: {
        summary: 'Deletes a meeting: its links open nothing, a live room ends',
        headers: etag.schema,
        params: ofMeeting,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const { meeting_id: meetingId } = request.params;
      await access.hostOf(request.principal, meetingId);
      await meetings.remove(meetingId, etag.expected(request));
      return reply.code(204).send(undefined);
    },
  );
}

function endRoute(app: App, { meetings, access }: MeetingRoutesContext): void {
  app.post(
    '/v1/meetings/:meeting_id/end',
    {
      config: { ...writing, auth: ['user', 'key', 'part'] },
      schema: {
        summary: 'Ends a meeting for everybody; a persistent one may open again. Hosts',
        params: ofMeeting,
        body: Empty,
        response: { 200: Meeting, ...problems },
      },
    },
    async (request) => {
      const { meeting_id: meetingId } = request.params;
      await access.ownerOf(request.principal, meetingId);
      return meetings.present(await meetings.end(meetingId));
    },
  );
}

function calendarRoute(app: App, { meetings, access, originOf }: MeetingRoutesContext): void {
  const type = 'text/calendar; charset=utf-8';
  app.get(
    '/v1/meetings/:meeting_id/calendar.ics',
    {
      config: reading,
      schema: {
        summary: 'A scheduled meeting as an iCalendar file (RFC 5545), with its link',
        params: ofMeeting,
        response: {
          200: { description: type, content: { 'text/calendar': { schema: Type.String() } } },
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const { meeting } = await access.hostOf(request.principal, request.params.meeting_id);
      const file = await meetings.calendar(meeting, originOf(request));
      reply.header('content-disposition', 'attachment; filename="meeting.ics"');
      return reply.type(`${type}; method=PUBLISH`).send(file);
    },
  );
}

/** Whether somebody is there shows in the body, and is no change of the meeting. */
function tagOf(meeting: MeetingRecord, meetings: MeetingsService): `${number}-${string}` {
  const { is_live, started_at } = meetings.present(meeting);
  const state = is_live ? 'live' : started_at === null ? 'new' : 'idle';
  return `${meeting.version}-${state}`;
}
