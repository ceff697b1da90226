import fastify, { type FastifyInstance } from 'fastify';
import type { ControlMetrics } from './metrics.js';
import type { NodeClient } from './nodes/node-client.js';
import { exposeSeries } from './nodes/node-series.js';

/** The admin server, on a port of its own that only the operator reaches: `GET /metrics`. */
export function buildAdmin(metrics: ControlMetrics, node: NodeClient): FastifyInstance {
  const admin = fastify({ forceCloseConnections: true });
  admin.get('/metrics', async (_request, reply) => {
    const own = await metrics.registry.metrics();
    return reply.type(metrics.registry.contentType).send(own + exposeSeries(await node.stats()));
  });
  return admin;
}
