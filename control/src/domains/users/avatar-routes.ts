import { Type } from 'typebox';
import type { App } from '../../plugins/app-types.js';
import { etag } from '../../plugins/etag.js';
import { problems } from '../../plugins/problem.js';
import type { UserPrincipal } from '../../principal.js';
import { User } from '../../schemas/http.js';
import { maxAvatarBytes } from './avatars.js';
import type { Avatars } from './service.js';

const pictureType = 'image/jpeg';
const config = { auth: ['user'] as const };
const ofPicture = Type.Object({ key: Type.String({ maxLength: 64 }) });

/** Pictures go in and out as they are; their routes know no other content type. */
export function avatarRoutes(app: App, avatars: Avatars): void {
  app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    const bodyLimit = maxAvatarBytes;
    scope.addContentTypeParser(pictureType, { parseAs: 'buffer', bodyLimit }, (_, body, done) =>
      done(null, body),
    );
    scope.put(
      '/v1/users/me/avatar',
      {
        config,
        bodyLimit,
        schema: {
          summary: 'One’s picture: a JPEG of 400 × 400, at most 100 kB (102 400 bytes)',
          consumes: [pictureType],
          response: { 200: User, ...problems },
        },
      },
      async (request, reply) => {
        const { userId } = request.principal as UserPrincipal;
        const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const { user, version } = await avatars.set(userId, bytes);
        return etag.send(request, reply, version, user);
      },
    );
  });

  app.delete(
    '/v1/users/me/avatar',
    { config, schema: { summary: 'Takes the picture away', response: { 200: User, ...problems } } },
    async (request, reply) => {
      const { userId } = request.principal as UserPrincipal;
      const { user, version } = await avatars.clear(userId);
      return etag.send(request, reply, version, user);
    },
  );

  app.get(
    '/v1/avatars/:key',
    {
      config: { auth: ['none'], limited: false },
      schema: {
        summary: 'A picture, to whoever was told its address',
        params: ofPicture,
        produces: [pictureType],
        response: {
          200: Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' }),
          ...problems,
        },
      },
    },
    async (request, reply) => {
      const bytes = await avatars.read(request.params.key);
      reply.headers({
        'cache-control': 'public, max-age=31536000, immutable',
        // From our own origin: whatever a browser took it for, it is no page of ours.
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
        'content-disposition': 'attachment; filename="avatar.jpg"',
      });
      return reply.type(pictureType).send(bytes);
    },
  );
}
