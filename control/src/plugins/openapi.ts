import swagger from '@fastify/swagger';
import type { App } from './app-types.js';

const file = { type: 'string', format: 'binary' };

/**
 * The OpenAPI 3.1 document, generated from the route schemas, at `/v1/openapi.json`. Refuses at
 * start any route that does not say who may call it; the entry becomes `x-plenum-auth`.
 */
export async function openapiPlugin(app: App, version: string): Promise<void> {
  app.addHook('onRoute', (route) => {
    const auth = route.config?.auth;
    if (auth === undefined) throw new Error(`${route.url} does not say who may call it`);
    if (route.url.startsWith('/v1/') && (route.schema as { hide?: boolean } | undefined)?.hide) {
      throw new Error(`${route.url} is not in the document`);
    }
    const scope = route.config?.scope;
    const marks = {
      'x-plenum-auth': auth,
      ...(scope === undefined ? {} : { 'x-plenum-scope': scope }),
    };
    route.schema = Object.assign({}, route.schema, marks);
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Plenum', version },
    },
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
    // @fastify/websocket hides its routes; ours is part of the contract. What is no JSON has no
    // schema to be checked by: the route that takes it looks at it.
    transform: ({ schema, url, route }) => ({
      schema: {
        ...schema,
        ...('websocket' in route ? { hide: false } : {}),
        ...(schema?.consumes !== undefined && schema.body === undefined ? { body: file } : {}),
      },
      url,
    }),
  });
  app.get(
    '/v1/openapi.json',
    { config: { auth: ['none'] }, schema: { summary: 'This document' } },
    async () => app.swagger(),
  );
}
