import fastify, { type FastifyInstance } from 'fastify';
import { type ControlMetrics, withinPatience } from './metrics.js';
import type { NodeClient } from './nodes/node-client.js';
import { exposeSeries } from './nodes/node-series.js';

/** The admin server, on a port of its own that only the operator reaches: `GET /metrics`. */
export function buildAdmin(metrics: ControlMetrics, node: NodeClient): FastifyInstance {
  const admin = fastify({ forceCloseConnections: true });
  admin.get('/metrics', async (_request, reply) => {
    // Of a node that does not answer `plenum_dependency_up` tells; all else is told all the same.
    const counting = withinPatience(node.stats(), {}).catch(() => ({}));
    const [own, ofNode] = await Promise.all([metrics.registry.metrics(), counting]);
    return reply.type(metrics.registry.contentType).send(own + exposeSeries(ofNode));
  });
  return admin;
}
