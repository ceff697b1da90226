import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { App } from './app-types.js';

const open = { auth: ['none'], limited: false, isPage: true } as const;
/** As in web/src/session/pages.ts; every other path is a file, or nothing. */
const pages = [
  '/',
  '/m/:code',
  '/login',
  '/signup',
  '/setup',
  '/reset',
  '/account',
  '/meetings/new',
  '/meetings/:meeting_id',
  '/nodes',
  '/nodes/:node_id',
  '/recordings',
  '/recordings/:recording_id',
  '/r/:share_id',
];

const hidden = { hide: true } as const;

/**
 * The bundled web client from `folder`: one page for every address of the client, its hashed
 * assets kept for a year. Without the folder (an API-only installation) there are none.
 */
export async function webClientPlugin(app: App, folder: string): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) return;
  await app.register(fastifyStatic, {
    root: folder,
    serve: false,
  });
  const page = async (_request: unknown, reply: import('fastify').FastifyReply) =>
    reply.header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false });
  for (const path of pages) app.get(path, { config: open, schema: hidden }, page);
  app.get<{ Params: { '*': string } }>(
    '/*',
    { config: open, schema: hidden },
    async (request, reply) => {
      const file = request.params['*'];
      const hashed = file.startsWith('assets/');
      return reply.sendFile(file, hashed ? { maxAge: '365d', immutable: true } : { maxAge: 0 });
    },
  );
}
