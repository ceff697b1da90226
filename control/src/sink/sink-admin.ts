import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { withinPatience } from '../metrics.js';
import type { EventStore } from './event-store.js';

/** What the operator asks a sink: `/metrics`, `/healthz`, `/readyz` (whether its store answers). */
export function buildSinkAdmin(registry: Registry, store: EventStore): FastifyInstance {
  const admin = fastify({ forceCloseConnections: true });
  admin.get('/metrics', async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
  admin.get('/healthz', async () => ({ status: 'ok' }));
  admin.get('/readyz', async (_request, reply) => {
    const answers = store.ping().then(
      () => 'up' as const,
      () => 'down' as const,
    );
    const state = await withinPatience(answers, 'down' as const);
    if (state === 'down') reply.code(503).header('retry-after', 1);
    return { status: state === 'up' ? 'ok' : 'unavailable', dependencies: { store: state } };
  });
  return admin;
}
