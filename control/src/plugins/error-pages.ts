import { readFile } from 'node:fs/promises';
import type { App } from './app-types.js';

/** Serves docs/errors.md, where the `type` of every problem points. */
export function errorPagesPlugin(app: App, file: string): void {
  app.get(
    '/docs/errors',
    { config: { auth: ['none'], limited: false }, schema: { hide: true } },
    async (_request, reply) =>
      reply.type('text/markdown; charset=utf-8').send(await readFile(file)),
  );
}
