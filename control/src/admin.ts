import fastify, { type FastifyInstance } from 'fastify';
import { Gauge, Registry } from 'prom-client';
import { type ControlMetrics, standardMetrics, withinPatience } from './metrics.js';
import type { LocalNode } from './nodes/node-client.js';
import { exposeSeries } from './nodes/node-series.js';

/**
 * The admin server, on a port of its own that only the operator reaches: `GET /metrics`.
 * @param parts of this machine that count by themselves: its node, its recorder. Others have an admin server of
 *   their own.
 */
export function buildAdmin(metrics: ControlMetrics, ...parts: (Counted | null)[]): FastifyInstance {
  const admin = fastify({ forceCloseConnections: true });
  admin.get('/metrics', async (_request, reply) => {
    // Of a node that does not answer `plenum_dependency_up` tells; all else is told all the same.
    const counting = parts.map((part) =>
      part === null ? {} : withinPatience(part.stats(), {}).catch(() => ({})),
    );
    const own = await metrics.registry.metrics();
    const ofParts = Object.assign({}, ...(await Promise.all(counting)));
    return reply.type(metrics.registry.contentType).send(own + exposeSeries(ofParts));
  });
  return admin;
}

/** What tells its counters, by their names. */
export type Counted = Pick<LocalNode, 'stats'>;

/** What the admin server of a media node, or of a recorder, shows. */
export interface ShownNode {
  node: Counted;
  isInContact: () => boolean;
  certificateDaysLeft: () => number;
}

/** That of a media node, or of a recorder: `GET /metrics`, and probes that tell whether control can reach it. */
export function buildNodeAdmin(shown: ShownNode): FastifyInstance {
  const { node, isInContact } = shown;
  const registry = nodeRegistry(shown);
  const admin = fastify({ forceCloseConnections: true });
  admin.get('/metrics', async (_request, reply) => {
    // A node that does not answer hides nothing of its process.
    const counting = withinPatience(node.stats(), {}).catch(() => ({}));
    const [own, ofNode] = await Promise.all([registry.metrics(), counting]);
    return reply.type(registry.contentType).send(own + exposeSeries(ofNode));
  });
  admin.get('/healthz', async () => ({ status: 'ok' }));
  admin.get('/readyz', async (_request, reply) => {
    const control = isInContact() ? 'up' : 'down';
    return reply.code(control === 'up' ? 200 : 503).send({ dependencies: { control } });
  });
  return admin;
}

function nodeRegistry({ certificateDaysLeft }: ShownNode): Registry {
  const registry = new Registry();
  standardMetrics(registry);
  new Gauge({
    name: 'plenum_node_certificate_days_left',
    help: 'Days until the certificate of this node runs out, which it renews at two thirds',
    registers: [registry],
    collect() {
      this.set(certificateDaysLeft());
    },
  });
  return registry;
}
