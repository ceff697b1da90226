import { Type } from 'typebox';
import type { App, OriginOf } from '../../plugins/app-types.js';
import { etag } from '../../plugins/etag.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { problems } from '../../plugins/problem.js';
import {
  CreatedInvite,
  DefaultInvite,
  InviteList,
  NewInvite,
  NoContent,
  Page,
} from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { AccessService } from '../access/service.js';
import type { MeetingsService } from './service.js';

const url = '/v1/meetings/:meeting_id/invites';
const ofMeeting = Type.Object({ meeting_id: Id });
const ofInvite = Type.Object({ meeting_id: Id, invite_id: Id });
const auth = ['user', 'key', 'part'] as const;
const reading = { auth, scope: 'meetings:read' } as const;
const writing = { auth, scope: 'meetings:write' } as const;

interface InviteRoutesContext {
  meetings: MeetingsService;
  access: AccessService;
  originOf: OriginOf;
}

export function inviteRoutes(app: App, context: InviteRoutesContext): void {
  createRoute(app, context);
  readRoutes(app, context);
  revokeRoute(app, context);
}

function createRoute(app: App, { meetings, access, originOf }: InviteRoutesContext): void {
  app.post(
    url,
    {
      config: writing,
      schema: {
        summary: 'Makes a link that opens the meeting in a role; hosts',
        headers: idempotencyKey.schema,
        params: ofMeeting,
        body: NewInvite,
        response: { 201: CreatedInvite, ...problems },
      },
    },
    async (request, reply) => {
      const { principal, params, body } = request;
      const { meeting, role } = await access.hostOf(principal, params.meeting_id);
      const wanted = idempotencyKey.request(request, body);
      const answer = await meetings.invites.create(meeting, role, wanted, originOf(request));
      return idempotencyKey.reply(reply, answer);
    },
  );
}

function readRoutes(app: App, { meetings, access, originOf }: InviteRoutesContext): void {
  app.get(
    url,
    {
      config: reading,
      schema: {
        summary: 'Lists the links that hold, without what opens; hosts',
        params: ofMeeting,
        querystring: Page,
        response: { 200: InviteList, ...problems },
      },
    },
    async ({ principal, params, query }) => {
      const { meeting } = await access.hostOf(principal, params.meeting_id);
      return meetings.invites.list(meeting.meetingId, query);
    },
  );

  app.get(
    `${url}/default`,
    {
      config: reading,
      schema: {
        summary: "The meeting's own link for participants, whole; hosts",
        headers: etag.reading,
        params: ofMeeting,
        response: { 200: DefaultInvite, ...etag.unchanged, ...problems },
      },
    },
    async (request, reply) => {
      const { meeting } = await access.hostOf(request.principal, request.params.meeting_id);
      const invite = await meetings.invites.default(meeting, originOf(request));
      return etag.sendByContent(request, reply, invite);
    },
  );
}

function revokeRoute(app: App, { meetings, access }: InviteRoutesContext): void {
  app.delete(
    `${url}/:invite_id`,
    {
      config: writing,
      schema: {
        summary: 'Revokes a link: it opens nothing any more; hosts',
        params: ofInvite,
        response: { 204: NoContent, ...problems },
      },
    },
    async ({ principal, params }, reply) => {
      const { meeting, role } = await access.hostOf(principal, params.meeting_id);
      await meetings.invites.revoke(meeting.meetingId, role, params.invite_id);
      return reply.code(204).send(undefined);
    },
  );
}
