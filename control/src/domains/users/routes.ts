import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { etag } from '../../plugins/etag.js';
import { idempotencyKey } from '../../plugins/idempotency-key.js';
import { pageOf } from '../../plugins/page.js';
import { problems } from '../../plugins/problem.js';
import type { AccountPrincipal, UserPrincipal } from '../../principal.js';
import { NoContent, Page } from '../../schemas/http/common.js';
import {
  NewUser,
  PasswordChange,
  ProfileChange,
  User,
  UserChange,
  UserList,
} from '../../schemas/http.js';
import { Id } from '../../schemas/values.js';
import type { Avatars, UsersService } from './service.js';

const ofUser = Type.Object({ user_id: Id });
const byAdmin = { auth: ['admin'] as const };
const byUser = { auth: ['user'] as const };

export function userRoutes(app: App, users: UsersService, avatars: Avatars): void {
  ownRoutes(app, users);
  app.post(
    '/v1/users',
    {
      config: { auth: ['none', 'admin'] },
      schema: {
        summary: 'Makes an account: anybody when sign-up is on, administrators, the first one',
        headers: idempotencyKey.schema,
        body: NewUser,
        response: { 201: User, ...problems },
      },
    },
    async (request, reply) => {
      const wanted = idempotencyKey.request(request, request.body);
      return idempotencyKey.reply(reply, await users.register(wanted, request.principal));
    },
  );

  app.get(
    '/v1/users',
    {
      config: byAdmin,
      schema: {
        summary: 'Lists the accounts',
        querystring: Page,
        response: { 200: UserList, ...problems },
      },
    },
    (request) => users.list(pageOf.read(request.query)),
  );

  app.get(
    '/v1/users/:user_id',
    {
      config: byAdmin,
      schema: {
        summary: 'An account',
        headers: etag.reading,
        params: ofUser,
        response: { 200: User, ...etag.unchanged, ...problems },
      },
    },
    async (request, reply) => {
      const { user, version } = await users.get(request.params.user_id);
      return etag.send(request, reply, version, user);
    },
  );

  app.patch(
    '/v1/users/:user_id',
    {
      config: byAdmin,
      schema: {
        summary: 'Changes an account; one administrator always remains',
        headers: etag.schema,
        params: ofUser,
        body: UserChange,
        response: { 200: User, ...problems },
      },
    },
    async (request, reply) => {
      const expected = etag.expected(request);
      const { user_id: userId } = request.params;
      const { user, version } = await users.change(userId, request.body, expected);
      return etag.send(request, reply, version, user);
    },
  );

  app.delete(
    '/v1/users/:user_id',
    {
      config: byAdmin,
      schema: {
        summary: 'Deletes an account; its meetings stay',
        headers: etag.schema,
        params: ofUser,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      const expected = etag.expected(request);
      await avatars.discard(await users.remove(request.params.user_id, expected));
      return reply.code(204).send(undefined);
    },
  );
}

/** What everybody does with their own account. */
function ownRoutes(app: App, users: UsersService): void {
  app.get(
    '/v1/users/me',
    {
      config: { auth: ['user', 'key'], scope: 'users:read' },
      schema: {
        summary: 'One’s own account',
        headers: etag.reading,
        response: { 200: User, ...etag.unchanged, ...problems },
      },
    },
    async (request, reply) => {
      const { userId } = request.principal as AccountPrincipal;
      const { user, version } = await users.get(userId);
      return etag.send(request, reply, version, user);
    },
  );

  app.patch(
    '/v1/users/me',
    {
      config: byUser,
      schema: {
        summary: 'Changes one’s own profile',
        headers: etag.schema,
        body: ProfileChange,
        response: { 200: User, ...problems },
      },
    },
    async (request, reply) => {
      const expected = etag.expected(request);
      const { userId } = request.principal as UserPrincipal;
      const { user, version } = await users.change(userId, request.body, expected);
      return etag.send(request, reply, version, user);
    },
  );

  app.post(
    '/v1/users/me/password',
    {
      config: byUser,
      schema: {
        summary: 'A new password; ends all other sessions',
        body: PasswordChange,
        response: { 204: NoContent, ...problems },
      },
    },
    async (request, reply) => {
      await users.changePassword(request.principal as UserPrincipal, request.body);
      return reply.code(204).send(undefined);
    },
  );
}
