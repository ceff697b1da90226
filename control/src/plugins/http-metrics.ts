import type { FastifyRequest } from 'fastify';
import type { ControlMetrics } from '../metrics.js';
import type { App } from './app-types.js';

/** Measures every answer by the pattern of its route: addresses never become labels. */
export function httpMetricsPlugin(app: App, metrics: ControlMetrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const kind = { ...patternOf(request), status: reply.statusCode };
    metrics.answered(kind, reply.elapsedTime / 1000);
    done();
  });
}

/** HEAD counts as its GET, pages and files are one, and what has no route has no method either. */
function patternOf({ routeOptions, method }: FastifyRequest): { route: string; method: string } {
  const { url, config } = routeOptions;
  if (url === undefined) return { route: 'none', method: '' };
  const asked = method === 'HEAD' ? 'GET' : method;
  return { route: config.isPage === true ? 'page' : url, method: asked };
}
