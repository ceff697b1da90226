import fastify, { type FastifyInstance } from 'fastify';
import { type ControlMetrics, withinPatience } from './metrics.js';
import type { LocalNode } from './nodes/node-client.js';
import { exposeSeries } from './nodes/node-series.js';

/**
 * The admin server, on a port of its own that only the operator reaches: `GET /metrics`.
 * @param node in this process; nodes elsewhere have an admin server of their own.
 */
export function buildAdmin(metrics: ControlMetrics, node: LocalNode | null): FastifyInstance {
  const admin = fastify({ forceCloseConnections: true });
  admin.get('/metrics', async (_request, reply) => {
    // Of a node that does not answer `plenum_dependency_up` tells; all else is told all the same.
    const counting = node === null ? {} : withinPatience(node.stats(), {}).catch(() => ({}));
    const [own, ofNode] = await Promise.all([metrics.registry.metrics(), counting]);
    return reply.type(metrics.registry.contentType).send(own + exposeSeries(ofNode));
  });
  return admin;
}

/** That of a media node: `GET /metrics`, and probes that tell whether control can reach it. */
export function buildNodeAdmin(node: LocalNode, isInContact: () => boolean): FastifyInstance {
  const admin = fastify({ forceCloseConnections: true });
  admin.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(exposeSeries(await node.stats())),
  );
  admin.get('/healthz', async () => ({ status: 'ok' }));
  admin.get('/readyz', async (_request, reply) => {
    const control = isInContact() ? 'up' : 'down';
    return reply.code(control === 'up' ? 200 : 503).send({ dependencies: { control } });
  });
  return admin;
}
